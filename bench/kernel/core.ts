import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import type { Kernel } from '../../src/kernel/kernel.js';
import { NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import type { ServiceView } from '../../src/model/cluster-view.js';
import type { KernelKeySet, KernelKeys } from '../../src/model/kernel-keys.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import type { ServiceKey } from '../../src/model/service-key.js';
import type { PassReport } from '../../src/model/sync-state.js';
import type { VipBinding } from '../../src/model/vip-binding.js';
import { DEFAULT_LOOP_SETTINGS, type LoopSettings } from '../../src/reconcile/loop-settings.js';
import { ReconcileLoop } from '../../src/reconcile/reconcile-loop.js';
import { systemClock } from '../../src/reconcile/timing.js';
import { fill, profileOf, type Size } from './content.js';
import { countedAddon, type Writes } from './counted-addon.js';
import { FilledSource } from './filled-source.js';
import { Stopwatch } from './stopwatch.js';
import { TimedKernel } from './timed-kernel.js';

/** The agent's core over the real kernel, as compose.ts joins it, with measuring parts in between. */
export interface Core {
  readonly source: FilledSource;
  readonly loop: ReconcileLoop;
  readonly watch: Stopwatch;
  readonly writes: Writes;
  /** Resolves with the report of the next pass that ends. */
  nextPass(): Promise<PassReport>;
  close(): Promise<void>;
}

export interface CoreOptions {
  readonly settings?: Partial<LoopSettings>;
  readonly vipBinding?: VipBinding;
  /** Instead of the real one. */
  readonly kernel?: Kernel;
}

export function assembleCore(size: Size, options: CoreOptions = {}): Core {
  const source = new FilledSource();
  fill(source.view, size);
  const watch = new Stopwatch();
  const writes: Writes = { jobs: 0, records: 0, messages: 0 };
  const { vipBinding = 'addresses' } = options;
  const rules = { ...PLAIN_RULES, vipBinding };
  const kernel = options.kernel ?? new NetlinkKernel(countedAddon(watch, writes), rules);
  let waiting: PromiseWithResolvers<PassReport> | undefined;
  const loop = new ReconcileLoop({
    source,
    desired: new TimedDesired(watch, size),
    kernel: new TimedKernel(kernel, watch),
    clock: systemClock,
    problems: new ProblemBoard(),
    settings: { ...DEFAULT_LOOP_SETTINGS, ...options.settings },
    listener: {
      prepared: () => undefined,
      passed: (report) => waiting?.resolve(report),
      passFailed: (error) => waiting?.reject(error),
    },
  });
  return {
    source,
    loop,
    watch,
    writes,
    nextPass() {
      waiting = withResolvers<PassReport>();
      return waiting.promise;
    },
    async close() {
      await loop.stop();
      await kernel.close();
    },
  };
}

/**
 * Services are timed in rows of as many as are worked out without a break: two looks at the clock for each took 300 ms
 * in user-mode Linux, where they are system calls.
 */
const ROW = 16;

class TimedDesired extends DesiredDataplane {
  readonly #watch: Stopwatch;
  #inRow = 0;
  #began = 0;

  constructor(watch: Stopwatch, size: Size) {
    super(profileOf(size));
    this.#watch = watch;
  }

  override refresh(key: ServiceKey, view: ServiceView, touched?: KernelKeySet): KernelKeys {
    if (this.#inRow === 0) this.#began = performance.now();
    const keys = super.refresh(key, view, touched);
    this.#inRow = (this.#inRow + 1) % ROW;
    if (this.#inRow === 0) this.#watch.add('decide', this.#began, performance.now());
    return keys;
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

// Promise.withResolvers came with Node 22.
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
