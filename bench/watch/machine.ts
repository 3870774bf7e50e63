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
  const text = readFileSync(join(PROJECT_FOLDER, 'deploy/kustomize/base/daemon-set.yaml'), 'utf8');
  const [, options] = /name: NODE_OPTIONS\n\s+value: (.+)/.exec(text) ?? [];
  if (options === undefined) throw new Error('daemon-set.yaml sets no NODE_OPTIONS');
  return options.split(' ');
}
