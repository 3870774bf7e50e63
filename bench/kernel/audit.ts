import '../../src/engine.js';
import { DEFAULT_LOOP_SETTINGS } from '../../src/reconcile/loop-settings.js';
import { assembleCore } from './core.js';
import type { Mix } from './mix.js';

/**
 * What the audit costs with the settings of the product while nothing changes: `audit.js SERVICES ENDPOINTS MIX
 * [ROUNDS]`. A round warms up, then so many are measured. Prints an AuditRun as JSON.
 */
export interface AuditRun {
  /** Milliseconds of each slice, from its begin until its last answer was compared: looking at the kernel included. */
  readonly slices: readonly number[];
  /** Seconds of a round, as `status` tells it. */
  readonly round: number;
  /** Percent of wall time in which a slice was under way. */
  readonly auditing: number;
  /**
   * Percent of one core that all threads of the process took, in the kernel and outside, by the system's own account.
   */
  readonly processor: number;
}

const [services = 0, endpoints = 0] = process.argv.slice(2, 4).map(Number);
const [mix = 'plain', rounds = '2'] = process.argv.slice(4) as [Mix?, string?];
const core = assembleCore({ services, endpoints, mix });
await core.source.start(core.loop);
const first = core.nextPass();
core.loop.begin();
await first;
const { synced, problems } = core.loop.state();
if (!synced) throw new Error(`not in sync: ${JSON.stringify(problems.slice(0, 3))}`);

const slicesOfRound = () =>
  Math.max(1, Math.floor(core.loop.state().auditRound / DEFAULT_LOOP_SETTINGS.auditInterval));

await slices(slicesOfRound());
const before = process.cpuUsage();
const began = performance.now();
const measured = await slices(slicesOfRound() * Number(rounds));
const elapsed = performance.now() - began;
const { user, system } = process.cpuUsage(before);
const run: AuditRun = {
  slices: measured.map((milliseconds) => Math.round(milliseconds * 10) / 10),
  round: core.loop.state().auditRound / 1000,
  auditing: percent(
    measured.reduce((sum, milliseconds) => sum + milliseconds, 0),
    elapsed,
  ),
  processor: percent((user + system) / 1000, elapsed),
};
process.stdout.write(`${JSON.stringify(run)}\n`);
await core.close();

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
