import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manifestContent } from '../../src/manifests/manifest-content.js';
import { Unreadable } from '../../src/manifests/manifest-problems.js';
import { anyText } from '../support/any-text.js';
import { documents, serviceYaml, sliceYaml } from './folder.js';

async function idsOf(text: string, file = 'web.yaml'): Promise<string[]> {
  return (await manifestContent(file, text)).objects.map(({ id }) => id);
}

async function problemsOf(text: string): Promise<string[]> {
  const { problems } = await manifestContent('web.yaml', text);
  return problems.map(({ subject, message }) => `${subject}: ${message}`);
}

describe('a file may hold', () => {
  test('several documents', async () => {
    const text = documents(serviceYaml('web'), sliceYaml('web-1', 'web'));
    expect(await idsOf(text)).toEqual(['Service/default/web', 'EndpointSlice/default/web-1']);
  });

  test('a List, as kubectl get -o yaml writes it', async () => {
    const items = [serviceYaml('a'), serviceYaml('b')].map(
      (yaml) => `- ${yaml.trimEnd().replaceAll('\n', '\n  ')}\n`,
    );
    const text = `apiVersion: v1\nkind: List\nitems:\n${items.join('')}`;
    const { objects } = await manifestContent('web.yaml', text);
    expect(objects.map(({ subject }) => subject)).toEqual([
      'Service default/a (web.yaml line 4)',
      'Service default/b (web.yaml line 10)',
    ]);
  });

  test('a List in JSON, whose items are reported by their number', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a' },
      spec: { clusterIP: 'None' },
    };
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service] });
    const { objects } = await manifestContent('web.json', list);
    expect(objects[0]?.subject).toBe('Service default/a (web.json items[0])');
  });

  test('YAML under the name of JSON, as kubectl allows', async () => {
    expect(await idsOf(serviceYaml('web'), 'web.json')).toEqual(['Service/default/web']);
  });

  test.each(['', '\n\n', '# only a comment\n', '---\n---\n# nothing\n---\n', '\ufeff'])(
    'nothing: %j',
    async (text) => {
      expect(await manifestContent('web.yaml', text)).toMatchObject({ objects: [], problems: [] });
    },
  );

  test('a List without items', async () => {
    expect(await problemsOf('apiVersion: v1\nkind: List\n')).toEqual([]);
  });

  test('anchors and merge keys', async () => {
    const text = `${serviceYaml('web').replace('metadata: {', 'metadata: {<<: &m {labels: {a: b}}, annotations: {}, ')}`;
    expect(await idsOf(text)).toEqual(['Service/default/web']);
  });
});

describe('other kinds in the same file', () => {
  test.each(['Deployment', 'Namespace', 'Pod', 'ConfigMap', 'Secret', 'ServiceAccount', 'Ingress'])(
    'are passed over without a word where they are common: %s',
    async (kind) => {
      const text = documents(`apiVersion: any/v1\nkind: ${kind}\n`, serviceYaml('web'));
      const { objects, problems } = await manifestContent('web.yaml', text);
      expect([objects.length, problems]).toEqual([1, []]);
    },
  );

  test('are reported with kind and apiVersion where they are unknown, and the rest is used', async () => {
    const text = documents('apiVersion: v1\nkind: Servcie\n', serviceYaml('web'));
    const { objects, problems } = await manifestContent('web.yaml', text);
    expect(objects).toHaveLength(1);
    expect(problems).toEqual([
      {
        kind: 'source',
        subject: 'web.yaml line 1',
        message: 'has kind "Servcie" and apiVersion "v1"; it is left out.',
        remedy:
          'Supported are Service (v1), EndpointSlice (discovery.k8s.io/v1), Node (v1), and List (v1) of these.',
      },
    ]);
  });

  test.each([
    ['serving.knative.dev/v1', 'Service'],
    ['discovery.k8s.io/v1beta1', 'EndpointSlice'],
    ['v1', 'Endpoints'],
  ])('are reported where the apiVersion is another: %s %s', async (apiVersion, kind) => {
    const problems = await problemsOf(`apiVersion: ${apiVersion}\nkind: ${kind}\n`);
    expect(problems).toEqual([
      `web.yaml line 1: has kind "${kind}" and apiVersion "${apiVersion}"; it is left out.`,
    ]);
  });

  test.each([
    ['just text', 'web.yaml line 1: is "just text", expected an object with kind and apiVersion.'],
    ['[1, 2]', 'web.yaml line 1: is a list of 2, expected an object with kind and apiVersion.'],
    ['a: 1', 'web.yaml line 1: has kind absent and apiVersion absent; it is left out.'],
    ['apiVersion: v1\nkind: List\nitems: 5', 'web.yaml line 1: is a List whose items are no list.'],
    [
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List}',
      'web.yaml line 4: is a List inside a List; it is left out.',
    ],
  ])('%j is reported', async (text, problem) => {
    expect(await problemsOf(text)).toEqual([problem]);
  });

  test('are reported up to the tenth and then counted', async () => {
    const problems = await problemsOf('kind: Foo\n---\n'.repeat(30));
    expect([problems.length, problems[10]]).toEqual([11, 'web.yaml: and 20 more.']);
  });
});

describe('an object of a file', () => {
  test('has problems that name file and line', async () => {
    const { objects } = await manifestContent(
      'web.yaml',
      `# hello\n${serviceYaml('web', '10.96.0.10', '"80"')}`,
    );
    expect(objects[0]?.problems[0]).toMatchObject({
      subject: 'Service default/web (web.yaml line 2)',
      service: 'default/web',
      field: 'spec.ports[0].port',
    });
  });

  test('without a valid name is reported under the file', async () => {
    expect(await problemsOf(serviceYaml('WEB'))).toEqual([
      expect.stringMatching(/^Service default\/WEB \(web\.yaml line 1\): is "WEB", expected a DNS label/),
    ]);
  });

  test('is reported where it is a Service without clusterIP, which nobody will assign', async () => {
    const { objects } = await manifestContent('web.yaml', serviceYaml('web', '""'));
    expect(objects[0]).toMatchObject({ record: undefined });
    expect(objects[0]?.problems[0]).toMatchObject({
      field: 'spec.clusterIP',
      message: 'left alone, because it has no clusterIP, and nobody assigns one to a file.',
    });
  });
});

/** What YAML is made of, to be put together wrongly. */
const PIECES = '---\n,kind: ,Service\n,  ,- ,{,],&a ,*a ,",\t,!x ,|\n,? ,%YAML 9\n'
  .split(',')
  .concat(serviceYaml('web'));

describe('text that makes no sense is unreadable as a whole', () => {
  const billionLaughs = `a: &a [x,x]\n${'bcdefghijklm'.replace(/./g, (c, i: number) => `${c}: &${c} [${`*${'abcdefghijklm'[i]},`.repeat(9)}]\n`)}`;

  test.each([
    ['a duplicate key', 'kind: Service\nkind: List\n', 'line 2, column 1: Map keys must be unique'],
    ['an alias without anchor', 'kind: *nothing\n', 'Unresolved alias'],
    ['aliases that multiply beyond measure', billionLaughs, 'Excessive alias count'],
    ['nesting without end', '['.repeat(5_000), 'line 1'],
  ])('%s', async (_, text, message) => {
    const error = await manifestContent('web.yaml', text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unreadable);
    expect(String(error)).toContain(message);
  });

  test('deep nesting in JSON is no reason to fail', async () => {
    const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect((await manifestContent('web.json', text)).problems).toHaveLength(1);
  });

  test('any text is either content or unreadable', async () => {
    const broken = fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }).map((pieces) => pieces.join(''));
    const anything = fc.oneof(anyText({ maxLength: 200 }), broken);
    await fc.assert(
      fc.asyncProperty(anything, fc.constantFrom('a.yaml', 'a.json'), async (text, file) => {
        const result = await manifestContent(file, text).catch((thrown: unknown) => thrown);
        expect(result instanceof Error ? result : undefined).toSatisfy(
          (error) => error === undefined || error instanceof Unreadable,
        );
      }),
      { numRuns: 100 },
    );
  });
});
