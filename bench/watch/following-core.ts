import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import type { Kernel } from '../../src/kernel/kernel.js';
import { ClusterWatcher } from '../../src/kubernetes/cluster-watcher.js';
import { openCredentials } from '../../src/kubernetes/login/open-credentials.js';
import { HttpTransport } from '../../src/kubernetes/transport/http-transport.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import { DEFAULT_LOOP_SETTINGS, type LoopSettings } from '../../src/reconcile/loop-settings.js';
import { ReconcileLoop } from '../../src/reconcile/reconcile-loop.js';
import { systemClock } from '../../src/reconcile/timing.js';

const NEVER = 86_400_000;

export interface FollowingCore {
  readonly source: ClusterWatcher;
  readonly loop: ReconcileLoop;
  /** Resolves when everything has been listed. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The agent as compose.ts joins it, from the API server to any kernel, with the settings of the product unless said.
 */
export function followingCore(
  kubeconfig: string,
  kernel: Kernel,
  settings: Partial<LoopSettings> = {},
): FollowingCore {
  const transport = new HttpTransport(openCredentials({ kubeconfig }), { userAgent: 'bench' });
  // The agent begins with what it has listed by then; what is measured here is until it has listed everything.
  const source = new ClusterWatcher({ transport, clock: systemClock, nodeName: 'node-1', patience: NEVER });
  const loop = new ReconcileLoop({
    source,
    desired: new DesiredDataplane({ ...LONE_NODE, name: 'node-1' }),
    kernel,
    clock: systemClock,
    problems: new ProblemBoard(),
    settings: { ...DEFAULT_LOOP_SETTINGS, ...settings },
    listener: {
      prepared: () => undefined,
      passed: () => undefined,
      passFailed: (error) => {
        throw error;
      },
    },
  });
  return {
    source,
    loop,
    async start() {
      await source.start({
        changed: (services) => loop.changed(services),
        problemsFound: (problems) => loop.problemsFound(problems),
        nodeChanged: () => undefined,
        otherNodesChanged: () => undefined,
        serviceCIDRsChanged: () => undefined,
      });
      loop.begin();
    },
    async stop() {
      await source.stop();
      await loop.stop();
      await transport.close();
    },
  };
}
