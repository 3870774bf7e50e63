import '../../src/engine.js';
import { memory } from '../kernel/memory.js';
import { DigestingKernel } from './digesting-kernel.js';
import { followingCore } from './following-core.js';

/**
 * An agent to which nothing happens: `idle.js KUBECONFIG SECONDS`. Its kernel is one in memory; the audit asks it what
 * has changed, as it asks the addon. Prints an IdleRun as JSON.
 */
export interface IdleRun {
  readonly seconds: number;
  /** Microseconds of processor time. */
  readonly user: number;
  readonly system: number;
  /** Megabytes. */
  readonly memory: number;
}

/** V8 gives memory back once, 60 to 100 s after its last collection of everything; that takes 0.1 to 0.5 s. */
const SETTLE = 120_000;

const [kubeconfig = '', seconds = '60'] = process.argv.slice(2);
const core = followingCore(kubeconfig, new DigestingKernel());
await core.start();
await core.loop.idle();
await wait(SETTLE);
const before = process.cpuUsage();
await wait(Number(seconds) * 1000);
const { user, system } = process.cpuUsage(before);
const run: IdleRun = { seconds: Number(seconds), user, system, memory: memory().now };
process.stdout.write(`${JSON.stringify(run)}\n`);
await core.stop();

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
