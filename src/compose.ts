import type { AgentSettings, SourceSettings } from './config/agent-settings.js';
import { DesiredDataplane } from './desired/desired-dataplane.js';
import { LONE_NODE } from './desired/node-settings.js';
import type { Preparation } from './kernel/kernel.js';
import { KubeProxyRemains } from './kernel/kube-proxy-remains.js';
import { loadAddon } from './kernel/native/addon.js';
import { NetlinkKernel } from './kernel/netlink-kernel.js';
import { type InsideClients, PLAIN_RULES } from './kernel/packet-table.js';
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
  const source = composeSource(settings.source);
  const desired = composeDesired(settings);
  const kernel = composeKernel(settings);
  const remains = settings.adopt ? new KubeProxyRemains(loadAddon()) : undefined;
  const loop = new ReconcileLoop({
    source,
    desired,
    kernel,
    clock: systemClock,
    predecessor: remains,
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
      remains?.close();
      await Promise.all([kernel.close(), viewer.close()]);
    },
  };
}

/** What `run` would do now. */
export async function composeRehearsal(settings: AgentSettings): Promise<Rehearsal> {
  const source = composeSource(settings.source);
  const kernel = composeKernel(settings);
  const remains = settings.adopt ? new KubeProxyRemains(loadAddon()) : undefined;
  await source.start({ changed: () => undefined, problemsChanged: () => undefined });
  try {
    const rehearsal = await rehearse(source, composeDesired(settings), kernel, remains);
    return { ...rehearsal, preparation: [...rehearsal.preparation, ...((await remains?.preview()) ?? [])] };
  } finally {
    await source.stop();
    remains?.close();
    await kernel.close();
  }
}

/** The status as the kernel alone tells it, for when no agent runs. */
export function composeKernelStatus(): Promise<StatusReport> {
  return withKernel(async (kernel) => statusReport(await kernel.observe(), undefined));
}

/** What `--init-only` does: sysctls, modules, the dummy device and our table. */
export async function composePreparation(settings: AgentSettings): Promise<Preparation> {
  const kernel = composeKernel(settings);
  try {
    return await kernel.prepare();
  } finally {
    await kernel.close();
  }
}

export function composeCleanup(): Promise<CleanupReport> {
  return withKernel(cleanUp);
}

// Neither looks at the rules nor writes them, so what they depend on does not matter.
async function withKernel<T>(work: (kernel: NetlinkKernel) => Promise<T>): Promise<T> {
  const kernel = new NetlinkKernel(loadAddon(), PLAIN_RULES);
  try {
    return await work(kernel);
  } finally {
    await kernel.close();
  }
}

function composeDesired({ nodeName, scheduler }: AgentSettings): DesiredDataplane {
  return new DesiredDataplane({ ...LONE_NODE, name: nodeName, scheduler });
}

function composeSource(source: SourceSettings): ManifestWatcher {
  if (source.kind === 'manifests') return new ManifestWatcher({ folder: source.folder });
  throw new Error('Following an API server is not part of this build. Name a folder with --manifests.');
}

function composeKernel({
  masqueradeAll,
  localDetection,
}: Pick<AgentSettings, 'masqueradeAll' | 'localDetection'>): NetlinkKernel {
  const insideClients: InsideClients =
    localDetection.kind === 'cluster-cidrs'
      ? { kind: 'addresses', cidrs: localDetection.cidrs }
      : { kind: 'unknown' };
  return new NetlinkKernel(loadAddon(), { masqueradeAll, insideClients, serviceCIDRs: [] });
}
