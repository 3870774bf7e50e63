import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What this project uses of kustomize, and all that the renderer knows; any other field is an error. */
export interface Kustomization {
  readonly namespace?: string;
  readonly resources: readonly string[];
  /** Folders of kind Component: what they say is done to all resources that come before them. */
  readonly components: readonly string[];
  readonly patches: readonly PatchEntry[];
  readonly labels: readonly LabelEntry[];
  readonly images: readonly ImageEntry[];
  readonly configMapGenerator: readonly GeneratorEntry[];
  readonly replacements: readonly ReplacementEntry[];
}

/** A value that takes the place of one line of a text. */
export interface ReplacementEntry {
  readonly source: ObjectName & { readonly fieldPath: string };
  readonly targets: readonly {
    readonly select: ObjectName;
    readonly fieldPaths: readonly string[];
    readonly options: { readonly delimiter: string; readonly index: number };
  }[];
}

interface ObjectName {
  readonly kind: string;
  readonly name: string;
}

/** JSON patch operations (RFC 6902) from a file, or in place an object that only says `$patch: delete`. */
export interface PatchEntry {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: { readonly kind: string; readonly name: string };
  readonly options?: { readonly allowNameChange?: boolean };
}

export interface LabelEntry {
  readonly pairs: Readonly<Record<string, string>>;
  readonly includeTemplates?: boolean;
}

export interface ImageEntry {
  readonly name: string;
  readonly newName: string;
  readonly newTag: string;
}

export interface GeneratorEntry {
  readonly name: string;
  readonly files: readonly string[];
  readonly options: {
    /** Always true: names with a hash would be more than is used here. */
    readonly disableNameSuffixHash: true;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': [
    ...['apiVersion', 'kind', 'namespace', 'resources', 'components', 'patches', 'labels', 'images'],
    ...['configMapGenerator', 'replacements'],
  ],
  replacements: ['source', 'targets'],
  'replacements.source': ['kind', 'name', 'fieldPath'],
  'replacements.targets': ['select', 'fieldPaths', 'options'],
  'replacements.targets.select': ['kind', 'name'],
  'replacements.targets.options': ['delimiter', 'index'],
  patches: ['path', 'patch', 'target', 'options'],
  'patches.target': ['kind', 'name'],
  'patches.options': ['allowNameChange'],
  labels: ['pairs', 'includeTemplates'],
  images: ['name', 'newName', 'newTag'],
  configMapGenerator: ['name', 'files', 'options'],
  'configMapGenerator.options': ['disableNameSuffixHash', 'labels'],
};

export function readKustomization(folder: string): Kustomization {
  const file = join(folder, 'kustomization.yaml');
  if (!existsSync(file)) throw new Error(`${folder} has no kustomization.yaml`);
  const found: unknown = parse(readFileSync(file, 'utf8'));
  refuseUnknown(found, '', file);
  const lists = { resources: [], components: [], patches: [], labels: [], images: [] };
  return { ...lists, configMapGenerator: [], replacements: [], ...(found as object) };
}

function refuseUnknown(value: unknown, place: string, file: string): void {
  if (Array.isArray(value)) for (const item of value) refuseUnknown(item, place, file);
  const known = FIELDS[place];
  if (known === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return;
  for (const [name, inside] of Object.entries(value)) {
    if (!known.includes(name))
      throw new Error(
        `${file}: ${place === '' ? name : `${place}.${name}`} is more than the renderer of this project knows`,
      );
    refuseUnknown(inside, place === '' ? name : `${place}.${name}`, file);
  }
}
