import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { render, toText } from './support/render.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What the kustomization in the folder `here` renders to. */
function renderedOf(files: Record<string, string>): object[] {
  return render(folderOf(files)).map((manifest) => manifest.toJS());
}

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'render-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return join(folder, 'here');
}

const ROLE = 'kind: ClusterRole\nmetadata: { name: one }\n';
const SET = `kind: DaemonSet
metadata: { name: one, labels: { own: yes } }
spec:
  selector: { matchLabels: { own: yes } }
  template:
    metadata: { labels: { own: yes } }
    spec:
      initContainers: [{ name: a, image: proxy }]
      containers: [{ name: b, image: proxy }, { name: c, image: other:2 }]
`;

it('puts the namespace on every object that lives in one', () => {
  expect(
    renderedOf({
      'here/kustomization.yaml': 'namespace: there\nresources: [all.yaml]',
      'here/all.yaml': `${ROLE}---\n${SET}`,
    }),
  ).toMatchObject([{ metadata: { name: 'one' } }, { metadata: { name: 'one', namespace: 'there' } }]);
});

it('adds labels to objects and templates, and leaves selectors as they are', () => {
  const [set] = renderedOf({
    'here/kustomization.yaml':
      'resources: [set.yaml]\nlabels: [{ pairs: { a/b: c }, includeTemplates: true }]',
    'here/set.yaml': SET,
  });
  expect(set).toMatchObject({
    metadata: { labels: { own: 'yes', 'a/b': 'c' } },
    spec: { template: { metadata: { labels: { own: 'yes', 'a/b': 'c' } } } },
  });
  expect(set).toHaveProperty('spec.selector.matchLabels', { own: 'yes' });
});

it('gives images their name and tag', () => {
  expect(
    renderedOf({
      'here/kustomization.yaml':
        'resources: [set.yaml]\nimages: [{ name: proxy, newName: at/proxy, newTag: "3" }]',
      'here/set.yaml': SET,
    }),
  ).toMatchObject([
    {
      spec: {
        template: {
          spec: {
            initContainers: [{ image: 'at/proxy:3' }],
            containers: [{ image: 'at/proxy:3' }, { image: 'other:2' }],
          },
        },
      },
    },
  ]);
});

it('patches what a base has rendered: replaces, adds to lists and mappings, removes', () => {
  expect(
    renderedOf({
      'base/kustomization.yaml': 'resources: [set.yaml]',
      'base/set.yaml': SET,
      'here/kustomization.yaml':
        'resources: [../base]\npatches: [{ path: patch.yaml, target: { kind: DaemonSet, name: one } }]',
      'here/patch.yaml': `
- { op: replace, path: /metadata/labels/own, value: no }
- { op: add, path: /metadata/labels/a~1b, value: c }
- { op: add, path: /spec/template/spec/containers/-, value: { name: last } }
- { op: add, path: /spec/template/spec/containers/0, value: { name: first } }
- { op: remove, path: /spec/template/spec/initContainers }`,
    }),
  ).toMatchObject([
    {
      metadata: { labels: { own: 'no', 'a/b': 'c' } },
      spec: {
        template: {
          spec: { containers: [{ name: 'first' }, { name: 'b' }, { name: 'c' }, { name: 'last' }] },
        },
      },
    },
  ]);
});

it('removes an object', () => {
  expect(
    renderedOf({
      'here/kustomization.yaml': `
resources: [all.yaml]
patches: [{ patch: '{ $patch: delete, kind: ClusterRole, metadata: { name: one } }' }]`,
      'here/all.yaml': `${ROLE}---\n${SET}`,
    }),
  ).toMatchObject([{ kind: 'DaemonSet' }]);
});

it('makes a ConfigMap of files', () => {
  expect(
    renderedOf({
      'here/kustomization.yaml': `
configMapGenerator:
  - { name: board, files: [a.json], options: { disableNameSuffixHash: true, labels: { l: "1" } } }`,
      'here/a.json': '{}\n',
    }),
  ).toEqual([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'board', labels: { l: '1' } },
      data: { 'a.json': '{}\n' },
    },
  ]);
});

it('applies components to what comes before them, each to the result of the one before', () => {
  const component = (word: string, index: number) => `kind: Component
resources: [${word}.yaml]
patches: [{ path: patch.yaml, target: { kind: ConfigMap, name: one } }]
replacements:
  - source: { kind: ConfigMap, name: one, fieldPath: "metadata.annotations.[a.b/${word}]" }
    targets:
      - select: { kind: ConfigMap, name: one }
        fieldPaths: ["data.[x.conf]"]
        options: { delimiter: "\\n", index: ${index} }`;
  const files = (word: string, index: number) => ({
    [`${word}/kustomization.yaml`]: component(word, index),
    [`${word}/${word}.yaml`]: `kind: Role\nmetadata: { name: ${word} }\n`,
    [`${word}/patch.yaml`]: `[{ op: add, path: /metadata/annotations, value: { a.b/${word}: ${word} } }]`,
  });
  expect(
    renderedOf({
      'here/kustomization.yaml': 'resources: [map.yaml]\ncomponents: [../first, ../second]',
      'here/map.yaml': 'kind: ConfigMap\nmetadata: { name: one }\ndata: { x.conf: "a\\nb\\nc\\n" }\n',
      ...files('first', 0),
      ...files('second', 2),
    }),
  ).toMatchObject([
    { kind: 'ConfigMap', data: { 'x.conf': 'first\nb\nsecond\n' } },
    { kind: 'Role', metadata: { name: 'first' } },
    { kind: 'Role', metadata: { name: 'second' } },
  ]);
});

it('keeps comments, and writes one marker between two objects', () => {
  const folder = folderOf({
    'here/kustomization.yaml': 'resources: [all.yaml]',
    'here/all.yaml': '# why\nkind: A\nlist: [a]\n---\nkind: B\n',
  });
  expect(toText(render(folder))).toBe('# why\nkind: A\nlist: [a]\n---\nkind: B\n');
});

it.each([
  ['a field of kustomize that it does not know', 'namePrefix: a', 'namePrefix is more than the renderer'],
  [
    'a field within one',
    'labels: [{ pairs: {}, includeSelectors: true }]',
    'labels.includeSelectors is more',
  ],
  [
    'a patch of nothing',
    'patches: [{ path: p.yaml, target: { kind: Secret, name: one } }]',
    'a patch is for Secret one; 0 objects are that',
  ],
  [
    'a patch of a field that is not there',
    'resources: [set.yaml]\npatches: [{ path: p.yaml, target: { kind: DaemonSet, name: one } }]',
    'replace /spec/nothing: there is no such field',
  ],
  [
    'a patch that merges',
    'resources: [set.yaml]\npatches: [{ patch: "{ kind: DaemonSet, metadata: { name: one } }" }]',
    'a patch without a target may only delete',
  ],
  [
    'a deletion without the namespace that the base has put there',
    'namespace: there\nresources: [../base]\npatches: [{ patch: "{ $patch: delete, kind: DaemonSet, metadata: { name: one } }" }]',
    'has another namespace than what it should delete',
  ],
  [
    'a change of name that kustomize would refuse',
    'resources: [set.yaml]\npatches: [{ path: name.yaml, target: { kind: DaemonSet, name: one } }]',
    'kustomize refuses without options.allowNameChange',
  ],
])('refuses %s', (_, kustomization, message) => {
  const folder = folderOf({
    'here/kustomization.yaml': kustomization,
    'here/set.yaml': SET,
    'base/kustomization.yaml': 'namespace: there\nresources: [set.yaml]',
    'base/set.yaml': SET,
    'here/p.yaml': '- { op: replace, path: /spec/nothing, value: 1 }',
    'here/name.yaml': '- { op: replace, path: /metadata/name, value: two }',
  });
  expect(() => render(folder)).toThrow(message);
});
