import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE, type NodeProfile } from '../../src/desired/node-view.js';
import type { Kernel, Preparation } from '../../src/kernel/kernel.js';
import type { Cidr } from '../../src/model/cidr.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import type { PassReport } from '../../src/model/sync-state.js';
import { DEFAULT_LOOP_SETTINGS, type LoopSettings } from '../../src/reconcile/loop-settings.js';
import { type LoopListener, ReconcileLoop } from '../../src/reconcile/reconcile-loop.js';
import type { Predecessor } from '../../src/reconcile/takeover.js';
import { HandClock } from './hand-clock.js';
import { HandSource } from './hand-source.js';

export interface TestAgent {
  readonly source: HandSource;
  readonly clock: HandClock;
  readonly desired: DesiredDataplane;
  readonly loop: ReconcileLoop;
  readonly reports: PassReport[];
  readonly errors: unknown[];
  /** Starts the source and waits for the first pass. */
  start(): Promise<void>;
  /** Lets time pass until everything is in sync; throws where that takes too long. */
  converge(): Promise<void>;
}

/** What only some tests are about. */
export interface Circumstances {
  readonly predecessor?: Predecessor | undefined;
  readonly prepared?: (preparation: Preparation) => void;
  readonly performed?: LoopListener['performed'];
  readonly node?: Partial<NodeProfile>;
  readonly excluded?: readonly Cidr[];
}

/** The agent's core over any kernel, with a source and a clock that the test owns. */
export function testAgent(
  kernel: Kernel,
  source = new HandSource(),
  settings: Partial<LoopSettings> = {},
  { predecessor, prepared = () => undefined, performed, node = {}, excluded = [] }: Circumstances = {},
): TestAgent {
  const clock = new HandClock();
  const desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', ...node });
  const reports: PassReport[] = [];
  const errors: unknown[] = [];
  const loop = new ReconcileLoop({
    source,
    desired,
    kernel,
    clock,
    predecessor,
    excluded,
    problems: new ProblemBoard(),
    settings: { ...DEFAULT_LOOP_SETTINGS, servicesAtOnce: 2, ...settings },
    listener: {
      prepared,
      ...(performed !== undefined && { performed }),
      passed: (report) => reports.push(report),
      passFailed: (error) => errors.push(error),
    },
  });
  return {
    source,
    clock,
    desired,
    loop,
    reports,
    errors,
    async start() {
      await source.start(loop);
      loop.begin();
      await loop.idle();
    },
    async converge() {
      for (let round = 0; round < 500 && !loop.state().synced; round++) {
        clock.advance(clock.next ?? 0);
        await loop.idle();
      }
      if (!loop.state().synced) throw new Error('the agent did not converge');
    },
  };
}
