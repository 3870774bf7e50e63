import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from './network.js';

/** Connections of a pod that go on beside something else: how long each took, and how many failed. */
export interface Meanwhile {
  readonly nanoseconds: readonly number[];
  readonly failed: number;
}

/** Milliseconds between two connections, and before and after what is done meanwhile. */
const PAUSE = 5;
const AROUND = 300;
/** More targets than are ever reached. */
const MANY = 40_000;

/** In an order in which every part of it is spread over all of it, as many of them as may be reached. */
export function mixed<T>(list: readonly T[]): T[] {
  return list
    .map((item, index) => ({ item, place: (index * GOLDEN_RATIO) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Does the work while a pod opens connections to these targets in turn. */
export async function connectMeanwhile(
  network: Network,
  tools: string,
  targets: readonly string[],
  work: () => Promise<void>,
): Promise<Meanwhile> {
  const child = network.start('client', [`${tools}/connect`, '0', String(PAUSE)]);
  const ended = once(child, 'close');
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  // It is ended before it has read all of them.
  child.stdin.on('error', () => undefined);
  child.stdin.write(
    `${Array.from({ length: MANY }, (_, index) => targets[index % targets.length]).join('\n')}\n`,
  );
  await sleep(AROUND);
  await work();
  await sleep(AROUND);
  child.kill('SIGTERM');
  await ended;
  return samplesIn(lines);
}

function samplesIn(lines: readonly string[]): Meanwhile {
  const times = lines.map((line) => line.split(' ')[0] ?? '').filter((word) => word !== '');
  const failed = times.filter((word) => word === 'failed').length;
  return { nanoseconds: times.filter((word) => word !== 'failed').map(Number), failed };
}
