import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { applyJsonPatch, type PatchOperation } from './json-patch.js';
import {
  type GeneratorEntry,
  type ImageEntry,
  type Kustomization,
  type LabelEntry,
  type PatchEntry,
  type ReplacementEntry,
  readKustomization,
} from './kustomization.js';
import {
  isMapping,
  kindOf,
  lengthOf,
  type Manifest,
  nameOf,
  newManifest,
  put,
  readManifests,
} from './manifest.js';

/**
 * What `kubectl kustomize FOLDER` prints for the kustomizations of this project, as values, with their comments. Not a
 * second kustomize: it knows the fields of `Kustomization`, patches with RFC 6902 or `$patch: delete`, puts labels on
 * objects and pod templates but on no selector, and does not sort. Text may differ from kustomize's, objects may not.
 * `before`: what a component is applied to.
 */
export function render(folder: string, before: readonly Manifest[] = []): Manifest[] {
  const kustomization = readKustomization(folder);
  const { resources, components, configMapGenerator, patches, replacements } = kustomization;
  const whole = components.reduce<readonly Manifest[]>(
    (rest, component) => render(join(folder, component), rest),
    [...before, ...resources.flatMap((resource) => resourcesOf(join(folder, resource)))],
  );
  const manifests = [...whole, ...configMapGenerator.map((entry) => generateConfigMap(entry, folder))];
  const patched = patches.reduce((rest, entry) => patch(rest, entry, folder), manifests);
  for (const manifest of patched) transform(manifest, kustomization);
  for (const entry of replacements) replaceLines(patched, entry);
  return patched;
}

/** The whole as one file. */
export function toText(manifests: readonly Manifest[]): string {
  const style = { lineWidth: 0, flowCollectionPadding: false, directives: false } as const;
  return manifests.map((manifest) => manifest.toString(style)).join('---\n');
}

function resourcesOf(path: string): Manifest[] {
  return statSync(path).isDirectory() ? render(path) : readManifests(path);
}

function generateConfigMap({ name, files, options }: GeneratorEntry, folder: string): Manifest {
  const content = files.map((file) => [basename(file), readFileSync(join(folder, file), 'utf8')]);
  const labels = options.labels === undefined ? {} : { labels: options.labels };
  return newManifest({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...labels },
    data: Object.fromEntries(content),
  });
}

function patch(manifests: Manifest[], entry: PatchEntry, folder: string): Manifest[] {
  if (entry.target === undefined) return withoutObject(manifests, entry.patch ?? '');
  const { path = '', target, options } = entry;
  const found = theOne(manifests, target.kind, target.name);
  applyJsonPatch(found, parse(readFileSync(join(folder, path), 'utf8')) as PatchOperation[]);
  if (nameOf(found) !== target.name && options?.allowNameChange !== true)
    throw new Error(`${path} changes a name, which kustomize refuses without options.allowNameChange`);
  return manifests;
}

function withoutObject(manifests: Manifest[], text: string): Manifest[] {
  const removal = parseDocument(text);
  if (removal.get('$patch') !== 'delete')
    throw new Error(`a patch without a target may only delete: ${text}`);
  const found = theOne(manifests, kindOf(removal), nameOf(removal));
  const namespaceOf = (manifest: Manifest) => manifest.getIn(['metadata', 'namespace']);
  if (namespaceOf(removal) !== namespaceOf(found))
    throw new Error(`${text} has another namespace than what it should delete, and kustomize looks at it`);
  return manifests.filter((manifest) => manifest !== found);
}

function replaceLines(manifests: readonly Manifest[], { source, targets }: ReplacementEntry): void {
  const value = theOne(manifests, source.kind, source.name).getIn(stepsOf(source.fieldPath));
  for (const { select, fieldPaths, options } of targets)
    for (const path of fieldPaths.map(stepsOf)) {
      const target = theOne(manifests, select.kind, select.name);
      const lines = String(target.getIn(path)).split(options.delimiter);
      if (value === undefined || options.index >= lines.length)
        throw new Error(`${source.fieldPath} has no value, or ${path.join('.')} no line ${options.index}`);
      lines[options.index] = String(value);
      put(target, path, lines.join(options.delimiter));
    }
}

/** `data.[config.conf]`: names with points stand in brackets. */
function stepsOf(fieldPath: string): string[] {
  return [...fieldPath.matchAll(/\[([^\]]+)\]|[^.[\]]+/g)].map(([whole, bracketed]) => bracketed ?? whole);
}

function theOne(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((manifest) => kindOf(manifest) === kind && nameOf(manifest) === name);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`a patch is for ${kind} ${name}; ${found.length} objects are that, expected one`);
  return found[0];
}

function transform(manifest: Manifest, { namespace, labels, images }: Kustomization): void {
  if (namespace !== undefined && !kindOf(manifest).startsWith('Cluster'))
    put(manifest, ['metadata', 'namespace'], namespace);
  for (const entry of labels) addLabels(manifest, entry);
  for (const entry of images) setImage(manifest, entry);
}

function addLabels(manifest: Manifest, { pairs, includeTemplates }: LabelEntry): void {
  const template = ['spec', 'template', 'metadata'];
  const places = [
    ['metadata'],
    ...(includeTemplates === true && isMapping(manifest, template) ? [template] : []),
  ];
  for (const place of places)
    for (const [key, value] of Object.entries(pairs)) put(manifest, [...place, 'labels', key], value);
}

function setImage(manifest: Manifest, { name, newName, newTag }: ImageEntry): void {
  for (const list of ['initContainers', 'containers']) {
    const place = ['spec', 'template', 'spec', list];
    for (let index = 0; index < lengthOf(manifest, place); index++) {
      const image = [...place, index, 'image'];
      if (String(manifest.getIn(image)).split(':')[0] === name) put(manifest, image, `${newName}:${newTag}`);
    }
  }
}
