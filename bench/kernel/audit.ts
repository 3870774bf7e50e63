import '../../src/engine.js';
import { PerformanceObserver } from 'node:perf_hooks';
import { DEFAULT_LOOP_SETTINGS } from '../../src/reconcile/loop-settings.js';
import { assembleCore } from './core.js';
import type { Mix } from './mix.js';

/**
 * What the audit costs with the settings of the product while nothing changes: `audit.js SERVICES ENDPOINTS MIX
 * [ROUNDS]`. A round warms up, then so many are measured. Prints an AuditRun as JSON.
 */
export interface AuditRun {
  /** Seconds of a round, as `status` tells it. */
  readonly round: number;
  readonly rounds: readonly AuditRound[];
}

interface AuditRound {
  /** Milliseconds of each slice, from its begin until its last answer was compared: looking at the kernel included. */
  readonly slices: readonly number[];
  /** Percent of wall time in which a slice was under way. */
  readonly auditing: number;
  /**
   * Percent of one core that all threads of the process took, in the kernel and outside, by the system's own account.
   */
  readonly processor: number;
  /**
   * Milliseconds in which V8 held everything else up to collect garbage; its other threads took as long, each. In the
   * first minutes it gives back what the first pass needed.
   */
  readonly collecting: number;
}

const [services = 0, endpoints = 0] = process.argv.slice(2, 4).map(Number);
const [mix = 'plain', rounds = '2'] = process.argv.slice(4) as [Mix?, string?];
let collecting = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collecting += duration;
}).observe({ entryTypes: ['gc'] });
const core = assembleCore({ services, endpoints, mix });
await core.source.start(core.loop);
const first = core.nextPass();
core.loop.begin();
await first;
const { synced, problems } = core.loop.state();
if (!synced) throw new Error(`not in sync: ${JSON.stringify(problems.slice(0, 3))}`);

await measureRound();
const measured: AuditRound[] = [];
while (measured.length < Number(rounds)) measured.push(await measureRound());
const run: AuditRun = { round: core.loop.state().auditRound / 1000, rounds: measured };
process.stdout.write(`${JSON.stringify(run)}\n`);
await core.close();

async function measureRound(): Promise<AuditRound> {
  const count = Math.max(1, Math.floor(core.loop.state().auditRound / DEFAULT_LOOP_SETTINGS.auditInterval));
  const [before, began, collectedBefore] = [process.cpuUsage(), performance.now(), collecting];
  const times = await slices(count);
  const elapsed = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return {
    slices: times.map((milliseconds) => Math.round(milliseconds * 10) / 10),
    auditing: percent(
      times.reduce((sum, milliseconds) => sum + milliseconds, 0),
      elapsed,
    ),
    processor: percent((user + system) / 1000, elapsed),
    collecting: Math.round(collecting - collectedBefore),
  };
}

async function slices(count: number): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) {
    const { auditMilliseconds } = await core.nextPass();
    if (auditMilliseconds !== undefined) times.push(auditMilliseconds);
  }
  return times;
}

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 10_000) / 100;
}
