import './engine.js';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Sizes of the heap that whoever starts the program may name. V8 reads them when it starts and never again, and would
 * take what was compiled only where they are those that it was compiled with; so they are as when nobody names them.
 */
const READ_AT_START = ['--initial-heap-size=0', '--max-old-space-size=0', '--max-semi-space-size=0'];

/**
 * A program of one file, as `scripts/compile-file` makes it, and beside it what V8 has compiled it to. Where that is
 * missing, or is of another V8 or other flags, V8 compiles what it needs itself, as it does with any program; so nothing is
 * said about it. The engine is set first, since V8 looks at its flags.
 *
 * V8 tells another text by its length alone: the two files must never be made apart.
 */
export function loadCompiled(file: URL): unknown {
  const path = fileURLToPath(file);
  if (!existsSync(path)) return undefined;
  return exportsOf(scriptOf(path, compiledFor(path)), file);
}

export function exportsOf(script: Script, file: URL): unknown {
  const program = { exports: {} };
  script.runInThisContext()(program.exports, createRequire(file), program, file.href);
  return program.exports;
}

/** The text has nothing but ASCII in it, which is read fastest. */
export function scriptOf(path: string, cachedData?: Buffer): Script {
  for (const flag of READ_AT_START) setFlagsFromString(flag);
  const text = readFileSync(path, 'latin1');
  return new Script(text, { filename: path, cachedData });
}

export function compiledPath(path: string): string {
  return `${path}.compiled`;
}

function compiledFor(path: string): Buffer | undefined {
  try {
    return readFileSync(compiledPath(path));
  } catch {
    return undefined;
  }
}
