import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledPath, loadCompiled } from '../src/compiled-file.js';
import { PROJECT } from './deploy/support/deployments.js';

const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
const FILE = join(folder, 'program.cjs');
const LOADER = join(PROJECT, 'dist/src/compiled-file.js');

/** What the program imports when it is asked, what it was told of its place, and a character that is not ASCII. */
const PROGRAM = `
  export const place = () => import.meta.url;
  export const later = async () => (await import('./later.mjs')).word;
  export const micro = (text) => /^μs$/.test(text);`;

/** Prints whether V8 has taken what was compiled, and what the program does. */
const ASKED = `
  const { readFileSync } = await import('node:fs');
  const { compiledPath, loadCompiled, scriptOf } = await import(${JSON.stringify(LOADER)});
  const path = process.argv[1];
  const compiled = readFileSync(compiledPath(path));
  const rejected = scriptOf(path, compiled).cachedDataRejected;
  const { place, later, micro } = loadCompiled(new URL('file://' + path));
  const answer = { rejected, place: place(), later: await later(), micro: micro('\\u03bcs') };
  process.stdout.write(JSON.stringify(answer));`;

const DOES = { place: pathToFileURL(FILE).href, later: 'imported', micro: true };

beforeAll(() => {
  const source = join(folder, 'source.mjs');
  writeFileSync(source, PROGRAM);
  writeFileSync(join(folder, 'later.mjs'), "export const word = 'imported';");
  const script = join(PROJECT, 'scripts/compile-file');
  execFileSync('bash', [script, source, FILE, '--external:./later.mjs']);
});

afterAll(() => rmSync(folder, { recursive: true }));

function ask(options: readonly string[] = [], nodeOptions = '') {
  const words = [...options, '--input-type=module', '--eval', ASKED, FILE];
  const env = { ...process.env, NODE_OPTIONS: nodeOptions };
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8', env }));
}

/** What another program, or nobody, has left in its place. */
function withCompiled(content: Buffer | undefined): unknown {
  const path = compiledPath(FILE);
  const kept = join(folder, 'kept');
  copyFileSync(path, kept);
  try {
    rmSync(path);
    if (content !== undefined) writeFileSync(path, content);
    return loadCompiled(pathToFileURL(FILE));
  } finally {
    copyFileSync(kept, path);
  }
}

describe('a program that is compiled ahead', () => {
  it('is taken by V8 as it was compiled, and does what it does', () => {
    expect(ask()).toEqual({ rejected: false, ...DOES });
  });

  it('is taken as well by a node that is told sizes of its heap, as the first line of main.ts and a pod tell it', () => {
    const [line = ''] = readFileSync(join(PROJECT, 'src/main.ts'), 'utf8').split('\n');
    const options = line.slice(line.indexOf(' node ') + 6).split(' ');
    expect(options).toEqual(['--initial-heap-size=32']);
    const pod = readFileSync(join(PROJECT, 'deploy/install.yaml'), 'utf8');
    const [, sizes = ''] = /name: NODE_OPTIONS\s+value: (.+)/.exec(pod) ?? [];
    expect(sizes).toContain('--max-old-space-size=');
    expect(ask(options, sizes)).toEqual({ rejected: false, ...DOES });
  });

  it('is compiled anew under flags that change what V8 compiles, without a word', () => {
    expect(ask(['--no-lazy'])).toEqual({ rejected: true, ...DOES });
  });

  it.each([
    ['is missing', undefined],
    ['is empty', Buffer.alloc(0)],
    ['is something else', Buffer.from('something else'.repeat(100))],
  ])('runs where what V8 has compiled %s', (_, content) => {
    expect(withCompiled(content)).toMatchObject({ place: expect.any(Function) });
  });

  it('is the same whenever it is compiled, so that two builds are', () => {
    const first = readFileSync(compiledPath(FILE));
    const words = ['--hash-seed=1', join(PROJECT, 'scripts/compile-ahead'), FILE];
    execFileSync(process.execPath, words);
    expect(readFileSync(compiledPath(FILE)).equals(first)).toBe(true);
  });

  it('is the same for the agent too, which is warmed up by a first pass before', () => {
    const agent = join(folder, 'run.cjs');
    copyFileSync(join(PROJECT, 'dist/run.cjs'), agent);
    const compile = () => {
      execFileSync(process.execPath, ['--hash-seed=1', join(PROJECT, 'scripts/compile-ahead'), agent]);
      return readFileSync(compiledPath(agent));
    };
    const first = compile();
    expect(compile().equals(first)).toBe(true);
  });

  it('is warmed up, where it says how', () => {
    const source = join(folder, 'warming.mjs');
    const warmed = join(folder, 'warmed');
    writeFileSync(
      source,
      `import { writeFileSync } from 'node:fs';
      export const warmUpFirstPass = async () => writeFileSync(${JSON.stringify(warmed)}, 'warmed');`,
    );
    execFileSync('bash', [join(PROJECT, 'scripts/compile-file'), source, join(folder, 'warming.cjs')]);
    expect(readFileSync(warmed, 'utf8')).toBe('warmed');
  });

  it('is none where the file is not there', () => {
    expect(loadCompiled(pathToFileURL(join(folder, 'none.cjs')))).toBeUndefined();
  });
});
