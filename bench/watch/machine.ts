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

/** As the DaemonSet gives them to the agent. */
export function shippedNodeOptions(): string[] {
  return shippedWords('deploy/kustomize/base/daemon-set.yaml', /name: NODE_OPTIONS\n\s+value: (.+)/);
}

/** With those of the first line of the program, which whoever starts Node with it by name has to give. */
export function shippedFlags(): string[] {
  return [...shippedWords('src/main.ts', /^#!\/usr\/bin\/env -S node (.+)/), ...shippedNodeOptions()];
}

function shippedWords(file: string, pattern: RegExp): string[] {
  const [, words] = pattern.exec(readFileSync(join(PROJECT_FOLDER, file), 'utf8')) ?? [];
  if (words === undefined) throw new Error(`${file} has no flags of Node`);
  return words.split(' ');
}
