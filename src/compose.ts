import type { AgentSettings } from './config/agent-settings.js';
import { DesiredDataplane } from './desired/desired-dataplane.js';
import { loadAddon } from './kernel/native/addon.js';
import { NetlinkKernel } from './kernel/netlink-kernel.js';
import { ManifestWatcher } from './manifests/manifest-watcher.js';
import type { StatusReport } from './model/status-report.js';
import { type CleanupReport, cleanUp } from './reconcile/cleanup.js';
import { systemClock } from './reconcile/clock.js';
import { DEFAULT_LOOP_SETTINGS } from './reconcile/loop-settings.js';
import { type LoopListener, ReconcileLoop } from './reconcile/reconcile-loop.js';
import { type Rehearsal, rehearse } from './reconcile/rehearsal.js';
import { AdminServer } from './status/admin-server.js';
import { statusReport } from './status/status-report.js';
import { StatusSource } from './status/status-source.js';

/** The only file that names concrete parts: source → desired → plan → kernel → status, in this order. */

export interface Agent {
  /** Resolves when the source has been heard once; what it said is then being programmed. */
  start(): Promise<void>;
  /** Lets the pass under way end. Everything programmed stays in the kernel. */
  stop(): Promise<void>;
}

export interface AgentListener extends LoopListener {
  /** Called after each pass and whenever the source finds something amiss. */
  problems(loop: ReconcileLoop): void;
}

export function composeAgent(settings: AgentSettings, version: string, listener: AgentListener): Agent {
  const source = new ManifestWatcher({ folder: settings.manifests });
  const desired = composeDesired(settings);
  const kernel = composeKernel(settings);
  const loop = new ReconcileLoop({
    source,
    desired,
    kernel,
    clock: systemClock,
    settings: { ...DEFAULT_LOOP_SETTINGS, drainDeadline: settings.drainDeadline * 1000 },
    listener: {
      ...listener,
      passed(report) {
        listener.passed(report);
        listener.problems(loop);
      },
    },
  });
  // A handle does one thing at a time: whoever asks for the status must not hold up a pass.
  const viewer = composeKernel(settings);
  const status = new StatusSource(
    () => viewer.observe(),
    () => ({ version, state: loop.state(), withoutEndpoints: desired.withoutEndpoints() }),
  );
  const admin = new AdminServer(settings.adminSocket, { '/status': () => status.report() });
  return {
    async start() {
      // The socket first: where another agent has it, nothing has been written yet.
      await admin.listen();
      listener.prepared(await kernel.prepare());
      await source.start({
        changed: (services) => loop.changed(services),
        problemsChanged: () => listener.problems(loop),
      });
      loop.begin();
    },
    async stop() {
      await source.stop();
      await loop.stop();
      await admin.close();
      await Promise.all([kernel.close(), viewer.close()]);
    },
  };
}

/** What `run` would do now. */
export async function composeRehearsal(settings: AgentSettings): Promise<Rehearsal> {
  const source = new ManifestWatcher({ folder: settings.manifests });
  const kernel = composeKernel(settings);
  await source.start({ changed: () => undefined, problemsChanged: () => undefined });
  try {
    return await rehearse(source, composeDesired(settings), kernel);
  } finally {
    await source.stop();
    await kernel.close();
  }
}

/** The status as the kernel alone tells it, for when no agent runs. */
export function composeKernelStatus(): Promise<StatusReport> {
  return withKernel(async (kernel) => statusReport(await kernel.observe(), undefined));
}

export function composeCleanup(): Promise<CleanupReport> {
  return withKernel(cleanUp);
}

// Neither looks at the rules nor writes them, so what they depend on does not matter.
async function withKernel<T>(work: (kernel: NetlinkKernel) => Promise<T>): Promise<T> {
  const kernel = composeKernel({ masqueradeAll: false, clusterCIDRs: [] });
  try {
    return await work(kernel);
  } finally {
    await kernel.close();
  }
}

function composeDesired({ nodeName, scheduler }: AgentSettings): DesiredDataplane {
  return new DesiredDataplane({ name: nodeName, zone: undefined, scheduler });
}

function composeKernel(rules: Pick<AgentSettings, 'masqueradeAll' | 'clusterCIDRs'>): NetlinkKernel {
  return new NetlinkKernel(loadAddon(), rules);
}
