import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_ADDRESS } from './content.js';

/**
 * A network namespace for one run: IPVS keeps removed real servers for minutes, which slows the next additions down, so
 * none is used twice.
 */
export class Contest {
  #number = 0;

  async inFreshNamespace<T>(run: (namespace: Namespace) => T | Promise<T>): Promise<T> {
    const namespace = new Namespace(`bench-${process.pid}-${this.#number++}`);
    try {
      return await run(namespace);
    } finally {
      namespace.delete();
      await quiet();
    }
  }
}

export class Namespace {
  readonly path: string;
  readonly #name: string;

  constructor(name: string) {
    this.path = `/run/netns/${name}`;
    this.#name = name;
    ip('netns', 'add', name);
    // IPVS takes no real server in a namespace where no device has ever been up.
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'add', 'node', 'type', 'dummy');
    ip('-n', name, 'address', 'add', `${NODE_ADDRESS}/24`, 'dev', 'node');
    ip('-n', name, 'link', 'set', 'node', 'up');
  }

  delete(): void {
    ip('netns', 'del', this.#name);
  }

  /** What the command prints. */
  run(words: readonly string[], input = ''): string {
    return execFileSync('ip', ['netns', 'exec', this.#name, ...words], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /** Milliseconds that the command takes. */
  time(words: readonly string[], input: string): number {
    const began = performance.now();
    this.run(words, input);
    return performance.now() - began;
  }
}

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

const PATIENCE = 60;

/** The kernel takes a namespace apart in the background: waits until the processors have nothing to do. */
async function quiet(): Promise<void> {
  for (let look = 0; look < PATIENCE; look++) {
    const before = processorTime();
    await sleep(500);
    const after = processorTime();
    if ((after.idle - before.idle) / (after.total - before.total) > 0.9) return;
  }
}

// The first line of proc_stat(5): user nice system idle iowait …
function processorTime(): { idle: number; total: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const times = line.split(/\s+/).slice(1).map(Number);
  return { idle: (times[3] ?? 0) + (times[4] ?? 0), total: times.reduce((sum, time) => sum + time, 0) };
}
