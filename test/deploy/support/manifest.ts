import { readFileSync } from 'node:fs';
import { Document, isMap, isSeq, parseAllDocuments } from 'yaml';

/** One object of a manifest, with its comments. */
export type Manifest = Document;

/** A step into an object: a field's name or an index. */
export type Step = string | number;

export function readManifests(file: string): Manifest[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  if (!Array.isArray(documents)) return [];
  for (const document of documents)
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join('; ')}`);
  return documents.filter((document) => document.contents !== null);
}

export function kindOf(manifest: Manifest): string {
  return String(manifest.get('kind'));
}

export function nameOf(manifest: Manifest): string {
  return String(manifest.getIn(['metadata', 'name']));
}

export function newManifest(value: object): Manifest {
  return new Document(value);
}

/** As `setIn`, but makes the mappings on the way, and takes whole values. */
export function put(manifest: Manifest, path: readonly Step[], value: unknown): void {
  manifest.setIn(path, manifest.createNode(value));
}

/** How many items the list there has; 0 where there is none. */
export function lengthOf(manifest: Manifest, path: readonly Step[]): number {
  const list = manifest.getIn(path);
  return isSeq(list) ? list.items.length : 0;
}

export function isMapping(manifest: Manifest, path: readonly Step[]): boolean {
  return isMap(manifest.getIn(path));
}
