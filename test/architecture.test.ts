import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { programTests } from '../vitest.config.js';
import { allowedArrows, architectureBreaches, idleArrows } from './support/architecture.js';
import { readSourceTree, type SourceTree } from './support/source-tree.js';

/** As ARCHITECTURE.md has them. */
const ALLOWED = allowedArrows(readFileSync(new URL('../ARCHITECTURE.md', import.meta.url), 'utf8'));

function treeOf(files: Record<string, string>): SourceTree {
  return new Map(Object.entries(files));
}

describe('the source tree', () => {
  const tree = readSourceTree(new URL('../src', import.meta.url).pathname);

  it('has only the arrows of the table, no cycle, no barrel and no default export', () => {
    expect(tree.size).toBeGreaterThan(50);
    expect(architectureBreaches(tree, ALLOWED)).toEqual([]);
  });

  it('uses every arrow of the table', () => {
    expect(idleArrows(tree, ALLOWED)).toEqual([]);
  });
});

describe('the checker finds', () => {
  const found = (files: Record<string, string>) => architectureBreaches(treeOf(files), ALLOWED);

  it('nothing amiss in a good tree', () => {
    expect(
      found({
        'model/a.ts': "import type { B } from './b.js';\nexport const a = 1;",
        'model/b.ts': 'export type B = 1;',
        'plan/plan.ts': "import {\n  a,\n} from '../model/a.js';\nexport const plan = a;",
        'reconcile/loop.ts': "import { plan } from '../plan/plan.js';\nexport const loop = plan;",
        'compose.ts': "import { loop } from './reconcile/loop.js';\nexport const compose = loop;",
      }),
    ).toEqual([]);
  });

  it.each([
    [
      'a room that sees another',
      'plan/plan.ts',
      "import { x } from '../kernel/kernel.js';",
      'kernel/kernel.ts',
    ],
    [
      'a type import as well',
      'plan/plan.ts',
      "import type { X } from '../kernel/kernel.js';",
      'kernel/kernel.ts',
    ],
    ['an import over several lines', 'plan/plan.ts', "import {\n  x,\n} from '../cli/x.js';", 'cli/x.ts'],
    ['a dynamic import', 'status/a.ts', "const x = await import('../cli/x.js');", 'cli/x.ts'],
    ['an import for its effect', 'status/a.ts', "import '../cli/x.js';", 'cli/x.ts'],
    [
      'a re-export',
      'plan/plan.ts',
      "const a = 1;\nexport { x } from '../kernel/kernel.js';",
      'kernel/kernel.ts',
    ],
    ['model that sees a room', 'model/a.ts', "import { x } from '../plan/plan.js';", 'plan/plan.ts'],
    [
      'a way past the entry of a room',
      'reconcile/a.ts',
      "import { x } from '../plan/order.js';",
      'plan/order.ts',
    ],
    [
      'a certain kernel',
      'reconcile/a.ts',
      "import { x } from '../kernel/fake-kernel.js';",
      'kernel/fake-kernel.ts',
    ],
    ['a room that sees the composition', 'cli/a.ts', "import { x } from '../compose.js';", 'compose.ts'],
    ['main that joins rooms', 'main.ts', "import { x } from './kernel/kernel.js';", 'kernel/kernel.ts'],
  ])('%s', (_, path, text, seen) => {
    expect(found({ [path]: text, [seen]: 'export const x = 1;' })).toEqual([`${path} must not see ${seen}`]);
  });

  it('a cycle, in one room or through several files', () => {
    expect(
      found({
        'model/a.ts': "import { b } from './b.js';\nexport const a = b;",
        'model/b.ts': "import { c } from './c.js';\nexport const b = c;",
        'model/c.ts': "import { a } from './a.js';\nexport const c = a;",
      }),
    ).toEqual(['model/a.ts -> model/b.ts -> model/c.ts -> model/a.ts is a cycle']);
  });

  it('a barrel', () => {
    expect(
      found({
        'model/index.ts': "// all of it\nexport { a } from './a.js';\nexport type { B } from './a.js';\n",
        'model/a.ts': 'export const a = 1;\nexport type B = 1;',
      }),
    ).toEqual(['model/index.ts is a barrel']);
  });

  it('a file that exports all of another', () => {
    expect(
      found({
        'model/b.ts': "export * from './a.js';\nexport const b = 1;",
        'model/a.ts': 'export const a = 1;',
      }),
    ).toEqual(['model/b.ts exports all of another file']);
  });

  it.each(['export default class A {}', 'const a = 1;\nexport { a as default };'])(
    'a default export: %j',
    (text) => {
      expect(found({ 'model/a.ts': text })).toEqual(['model/a.ts has a default export']);
    },
  );

  it('an import of what is not there', () => {
    expect(found({ 'model/a.ts': "import { x } from './gone.js';" })).toEqual([
      'model/a.ts imports model/gone.ts, which is not there',
    ]);
  });

  it('an arrow of the table that nothing uses', () => {
    const tree = treeOf({ 'model/a.ts': 'export const a = 1;' });
    expect(idleArrows(tree, ALLOWED)).toEqual(ALLOWED);
  });
});

describe('the table of arrows', () => {
  const table = (...rows: string[]) =>
    ['# A', '', '| from | to | because |', '|---|---|---|', ...rows, '', 'More text.'].join('\n');

  it('is read row by row', () => {
    expect(
      allowedArrows(table('| `cli` | `config` | it reads flags |', '| `compose.ts` | `*` | it joins |')),
    ).toEqual([
      { from: 'cli', to: 'config', because: 'it reads flags' },
      { from: 'compose.ts', to: '*', because: 'it joins' },
    ]);
  });

  it('is refused where it is missing or a row is malformed', () => {
    expect(() => allowedArrows('# A')).toThrow('no table of arrows');
    expect(() => allowedArrows(table('| cli | `config` | it reads flags |'))).toThrow('not | cli |');
  });
});

describe('unit tests', () => {
  it('start no program themselves: those that do are a project of their own', () => {
    const starters = [...readSourceTree(new URL('.', import.meta.url).pathname)]
      .filter(([path, text]) => path.endsWith('.test.ts') && /^import .*'node:child_process'/m.test(text))
      .map(([path]) => `test/${path}`)
      .filter((path) => !/^test\/(kernel|image)\//.test(path));
    expect(starters).not.toEqual([]);
    expect(starters.filter((path) => !programTests.includes(path))).toEqual([]);
  });
});
