import { monitorEventLoopDelay } from 'node:perf_hooks';
import { memory, settledMemory } from '../kernel/memory.js';

/** What one start of a contender has cost. Milliseconds and megabytes. */
export interface WatchRun {
  /** From the first request until everything has been listed. */
  readonly listed: number;
  /** Until everything was programmed as well; of the agent only. */
  readonly programmed?: number;
  /** The longest time in which the process could do nothing else. */
  readonly stall: number;
  /** Before the first request: Node's start and loading. */
  readonly startUp: number;
  readonly memory: { readonly before: number; readonly peak: number; readonly settled: number };
}

/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 1;

/** Times `work`, which answers with what it has to add, and prints a WatchRun as JSON. */
export async function report(
  work: () => Promise<Pick<WatchRun, 'listed'> & Partial<Pick<WatchRun, 'programmed'>>>,
): Promise<void> {
  const { now: before } = memory();
  const startUp = performance.now();
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  const done = await work();
  delays.disable();
  const { peak } = memory();
  const { now: settled } = await settledMemory();
  const stall = delays.max / 1e6 - RESOLUTION;
  const run: WatchRun = { ...done, stall, startUp, memory: { before, peak, settled } };
  process.stdout.write(`${JSON.stringify(run)}\n`);
}
