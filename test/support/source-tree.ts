import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The text of each source file by its path below `src`, e.g. `plan/plan.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

export function readSourceTree(folder: string): SourceTree {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
}

const SPECIFIER =
  /^(?:import|export)\b[^'"`;]*?from\s*['"](\.[^'"]+)['"]|\bimport\s*\(?\s*['"](\.[^'"]+)['"]/gm;

/** Every import of one file of the tree by another, types included. */
export function arrowsOf(tree: SourceTree): Arrow[] {
  return [...tree].flatMap(([from, text]) =>
    [...text.matchAll(SPECIFIER)].map(([, named, bare]) => ({ from, to: target(from, named ?? bare ?? '') })),
  );
}

function target(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** `plan` for `plan/plan.ts`, and the file itself where it lies in no folder. */
export function roomOf(path: string): string {
  return path.split('/')[0] ?? path;
}
