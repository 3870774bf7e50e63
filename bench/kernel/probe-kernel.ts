import { execFileSync } from 'node:child_process';
import type { Probe } from './results.js';
import { spread } from './statistics.js';

const ROUNDS = 3;
/**
 * Of the time of one loop, repeated, as a part of it. On a clock that is not counted a busy machine exceeds it at once.
 */
const LARGEST_SPREAD = 0.01;

/** What the program of probe.c measures here; fails where a kernel is said to count instructions and does not. */
export function probeKernel(kind: string, program: string): Probe {
  const probes = Array.from(
    { length: ROUNDS },
    () => JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Probe,
  );
  const [first] = probes;
  if (first === undefined) throw new Error('no probe');
  const apart = spread(probes.map(({ hundredMillionSteps }) => hundredMillionSteps));
  if (kind.startsWith('counted') && apart > LARGEST_SPREAD)
    throw new Error(
      `the clock does not count instructions: one loop took times that differ by ${(apart * 100).toFixed(1)} %`,
    );
  return first;
}
