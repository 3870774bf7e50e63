import '../../src/engine.js';
import { warmUpAgent } from '../../src/compose-warm-up.js';
import { assembleCore, type Core } from './core.js';
import { type Memory, memory, settledMemory } from './memory.js';
import type { Mix } from './mix.js';
import { ReadySilentKernel } from './silent-kernel.js';

/** For `scripts/compile-ahead`. */
export const warmUpFirstPass = warmUpAgent;

/** What a start of the agent's core took. */
export interface AgentRun {
  /** Milliseconds, all of them: from the first pass's beginning to the last acknowledgement. */
  readonly total: number;
  /** Device, table with its rules, sysctls. */
  readonly prepare: number;
  readonly look: number;
  /** Services to the data plane that should be. */
  readonly decide: number;
  /**
   * Comparing, encoding and folding in, as far as nothing else of these goes on meanwhile: while the kernel has to
   * wait.
   */
  readonly besides: number;
  /** From a job's turn on the worker thread to the answer on this one. */
  readonly ipvs: number;
  readonly addresses: number;
  readonly sets: number;
  /** Before the clock starts: Node's start, loading, filling the source. */
  readonly startUp: number;
  readonly pageFaults: number;
  readonly operations: number;
  readonly messages: number;
  /** Megabytes. */
  readonly memory: { readonly filled: number; readonly peak: number; readonly settled: number };
}

/** The source is full before the clock starts; it stops when the kernel has acknowledged everything. */
export async function runAgent(words: readonly string[]): Promise<void> {
  const [services = 0, endpoints = 0] = words.slice(0, 2).map(Number);
  const [mix = 'plain', silent = ''] = words.slice(2) as [Mix?, string?];
  const size = { services, endpoints, mix };
  const core = assembleCore(size, silent === 'silent' ? { kernel: new ReadySilentKernel() } : {});
  const filled = memory();
  await core.source.start(core.loop);
  const pass = await timedPass(core);
  const settled = await settledMemory();
  const run: AgentRun = {
    ...pass.phases,
    memory: { filled: filled.now, peak: pass.after.peak, settled: settled.now },
  };
  process.stdout.write(`${JSON.stringify(run)}\n`);
  await core.close();
}

async function timedPass(core: Core): Promise<{ phases: Omit<AgentRun, 'memory'>; after: Memory }> {
  const faultsBefore = pageFaults();
  const began = performance.now();
  const passed = core.nextPass();
  core.loop.begin();
  const report = await passed;
  const total = performance.now() - began;
  const faults = pageFaults() - faultsBefore;
  const { synced, problems } = core.loop.state();
  if (!synced) throw new Error(`not in sync: ${JSON.stringify(problems.slice(0, 3))}`);
  const after = memory();
  // Before the agent does anything else, such as the first slice of its audit.
  const { watch, writes } = core;
  const phases = {
    total,
    prepare: watch.of('prepare'),
    look: watch.of('look'),
    decide: watch.of('decide'),
    besides: total - watch.covered,
    ipvs: watch.of('ipvs'),
    addresses: watch.of('addresses'),
    sets: watch.of('sets'),
    // performance.now() counts from the start of the process.
    startUp: began,
    pageFaults: faults,
    operations: [...report.done.values()].reduce((sum, count) => sum + count, 0),
    messages: writes.messages,
  };
  return { phases, after };
}

function pageFaults(): number {
  return process.resourceUsage().minorPageFault;
}
