import { release } from 'node:os';
import type { VersionReport } from './cli/version.js';
import { composeDesired, composeKernel, kernelRules } from './compose-node.js';
import { removeTrialRemains } from './compose-selftest.js';
import { composeSource } from './compose-source.js';
import type { AgentSettings } from './config/agent-settings.js';
import { COMMIT } from './config/version.js';
import { factsBefore, factsListener } from './desired/cluster-facts.js';
import { KubeProxyRemains } from './kernel/kube-proxy/kube-proxy-remains.js';
import { loadAddon } from './kernel/native/addon.js';
import { AddonUnavailable } from './kernel/native/load-failure.js';
import { NetlinkKernel } from './kernel/netlink/netlink-kernel.js';
import { ipvsConnections } from './kernel/netlink/proc-ip-vs-conn.js';
import { TrafficReader } from './kernel/netlink/traffic-reader.js';
import { previewKernel } from './kernel/node/feature-probe.js';
import { initNode, type NodePreparation } from './kernel/node/init-node.js';
import { PLAIN_RULES } from './kernel/packet-table/packet-rules-settings.js';
import { readKernelFacts } from './kernel/service-look/read-kernel-facts.js';
import { parsedCidrs } from './model/cidr.js';
import type { ClusterFacts } from './model/cluster-facts.js';
import type { DataplaneTraffic, IpvsConnection } from './model/counters.js';
import type { Ownership } from './model/dataplane.js';
import type { FrontendKey } from './model/frontend.js';
import type { KernelFacts, LookQuestion } from './model/kernel-facts.js';
import type { CleanupReport, Rehearsal, StatusReport } from './model/status-report.js';
import { rehearse } from './reconcile/rehearsal.js';
import { cleanUp } from './reconcile/removal.js';
import type { FrontendRow } from './status/listing/frontend-row.js';
import { frontendRows } from './status/listing/frontend-rows.js';
import { type ListingQuery, rowFilter } from './status/listing/listing-source.js';
import { statusReport } from './status/status-report.js';

/** What the commands do that end by themselves. */

/** What `run` would do now. */
export async function composeRehearsal(settings: AgentSettings, version: string): Promise<Rehearsal> {
  const source = composeSource(settings, version, () => undefined);
  const kernel = composeKernel(settings);
  const remains = settings.adopt ? new KubeProxyRemains(loadAddon()) : undefined;
  const desired = composeDesired(settings, await previewKernel());
  try {
    const serverAddresses = await source.findWay();
    let facts: ClusterFacts = { ...factsBefore(await kernel.standingRules()), serverAddresses };
    const listener = factsListener(
      () => facts,
      (changed) => {
        facts = changed;
      },
    );
    await source.start({ ...listener, changed: () => undefined, problemsFound: () => undefined });
    desired.setFacts(facts);
    kernel.setRules(kernelRules(settings, facts));
    const excluded = parsedCidrs(settings.excludedCIDRs);
    const rehearsal = await rehearse(source.cluster, desired, kernel, remains, excluded);
    return { ...rehearsal, preparation: [...rehearsal.preparation, ...((await remains?.preview()) ?? [])] };
  } finally {
    await source.stop();
    await source.close();
    remains?.close();
    await kernel.close();
  }
}

/** The status as the kernel alone shows it, for when no agent runs. */
export function composeKernelStatus(): Promise<StatusReport> {
  return withKernel(async (kernel) => statusReport(await kernel.observe(), undefined));
}

/** The rows of `services` as the kernel alone tells them. */
export async function* composeKernelRows(query: ListingQuery): AsyncGenerator<FrontendRow[]> {
  const kernel = await withKernel((opened) => opened.observe());
  const filter = rowFilter(query);
  const withServers = query.servers === '1';
  const traffic = query.traffic === '1' ? await readTraffic(kernel.dataplane.policy.owned) : undefined;
  yield* frontendRows({ kernel, agent: undefined, filter, withServers, traffic });
}

async function readTraffic(owned: ReadonlyMap<FrontendKey, Ownership>): Promise<DataplaneTraffic> {
  const reader = TrafficReader.open(loadAddon());
  try {
    return await reader.read(owned);
  } finally {
    reader.close();
  }
}

/** What the kernel of this node says of one Service. */
export function composeKernelLook(question: LookQuestion): Promise<KernelFacts> {
  return readKernelFacts(loadAddon(), question);
}

/** What `--init-only` does: modules, sysctls and everything else that takes more than CAP_NET_ADMIN. */
export function composePreparation({ nodeSetUp, scheduler }: AgentSettings): Promise<NodePreparation> {
  return initNode(loadAddon(), nodeSetUp, scheduler);
}

/** What a killed self-test left goes too. */
export async function composeCleanup(): Promise<CleanupReport> {
  const report = await withKernel(cleanUp);
  return { ...report, done: [...report.done, ...(await removeTrialRemains())] };
}

// Neither looks at the rules nor writes them, so what they depend on does not matter.
export async function withKernel<T>(work: (kernel: NetlinkKernel) => Promise<T>): Promise<T> {
  const kernel = new NetlinkKernel(loadAddon(), PLAIN_RULES);
  try {
    return await work(kernel);
  } finally {
    await kernel.close();
  }
}

/** What `version` tells. */
export function composeVersion(version: string): VersionReport {
  return {
    version,
    commit: COMMIT,
    node: process.version,
    libnl: libnlVersion(),
    kernel: release(),
    architecture: process.arch,
  };
}

// Whoever asks for the version may do so because the addon cannot be loaded.
function libnlVersion(): string | undefined {
  try {
    return loadAddon().libnl;
  } catch (error) {
    if (error instanceof AddonUnavailable) return undefined;
    throw error;
  }
}

/** The connection table of IPVS, of which the kernel alone knows. */
export function composeConnections(): AsyncIterable<readonly IpvsConnection[]> {
  return ipvsConnections();
}
