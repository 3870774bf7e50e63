import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';

export interface Machine {
  readonly kernel: string;
  readonly processor: string;
  readonly processors: number;
  readonly node: string;
  readonly date: string;
}

export function thisMachine(): Machine {
  return {
    kernel: release(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processors: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** The words that start Node as the program does: by its first line, with the options that the DaemonSet gives. */
export function shippedNode(): string[] {
  const words = shippedWords('src/main.ts', /^#!\/usr\/bin\/env -S (.+)/);
  const node = words.indexOf('node');
  const options = shippedWords('deploy/kustomize/base/daemon-set.yaml', /name: NODE_OPTIONS\n\s+value: (.+)/);
  return ['env', ...words.slice(0, node), process.execPath, ...words.slice(node + 1), ...options];
}

function shippedWords(file: string, pattern: RegExp): string[] {
  const [, words] = pattern.exec(readFileSync(join(PROJECT_FOLDER, file), 'utf8')) ?? [];
  if (words === undefined) throw new Error(`${file} has no flags of Node`);
  return words.split(' ');
}
