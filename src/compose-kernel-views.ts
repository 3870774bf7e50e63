import { release } from 'node:os';
import type { VersionReport } from './cli/version.js';
import type { KernelViews } from './cli/view-commands.js';
import { withKernel } from './compose-node.js';
import { COMMIT, VERSION } from './config/version.js';
import { loadAddon } from './kernel/native/addon.js';
import { AddonUnavailable } from './kernel/native/load-failure.js';
import { DEVICE } from './kernel/netlink/netlink-kernel.js';
import { ipvsConnections } from './kernel/netlink/proc-ip-vs-conn.js';
import { TrafficReader } from './kernel/netlink/traffic-reader.js';
import { decodeRuleset, rulesetText } from './kernel/nf-tables/ruleset-decoder.js';
import { nodeFacts } from './kernel/node/node-facts.js';
import { NODE_PLACES } from './kernel/node/node-files.js';
import { readNodeCondition } from './kernel/node-look/read-node-condition.js';
import { readKernelFacts } from './kernel/service-look/read-kernel-facts.js';
import { openCredentials } from './kubernetes/login/open-credentials.js';
import { lookAtServer } from './kubernetes/server-look.js';
import { HttpTransport } from './kubernetes/transport/http-transport.js';
import type { DataplaneTraffic } from './model/counters.js';
import type { Ownership } from './model/dataplane.js';
import type { FrontendKey } from './model/frontend.js';
import type { ApiServerFact } from './model/node-condition.js';
import type { SupportSource } from './model/support-source.js';
import { systemClock } from './reconcile/timing.js';
import type { FrontendRow } from './status/listing/frontend-row.js';
import { frontendRows } from './status/listing/frontend-rows.js';
import { type ListingQuery, rowFilter } from './status/listing/listing-source.js';
import { statusReport } from './status/status-report.js';

/** What the commands show that look at this node themselves. */
export const KERNEL_VIEWS: KernelViews = {
  status: () => withKernel(async (kernel) => statusReport(await kernel.observe(), undefined)),
  rows: kernelRows,
  look: (question) => readKernelFacts(loadAddon(), question),
  connections: ipvsConnections,
  supportSources: async () => SUPPORT_SOURCES,
  node: {
    condition: (agentRuns) => readNodeCondition({ loadAddon, agentRuns }),
    apiServer: lookAtApiServer,
  },
};

/** The rows of `services` as the kernel alone tells them. */
async function* kernelRows(query: ListingQuery): AsyncGenerator<FrontendRow[]> {
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

async function lookAtApiServer(kubeconfig: string): Promise<ApiServerFact> {
  const transport = new HttpTransport(openCredentials({ kubeconfig, master: undefined }), {
    userAgent: `kube-ipvs-proxy/${VERSION}`,
  });
  try {
    return await lookAtServer({ transport, clock: systemClock, wallTime: Date.now });
  } finally {
    await transport.close();
  }
}

/** What a support bundle has of the node itself; each is read by itself, so that one failure leaves the others. */
const SUPPORT_SOURCES: readonly SupportSource[] = [
  { name: 'version.json', read: async () => `${JSON.stringify(composeVersion(), null, 2)}\n` },
  ...nodeFacts(NODE_PLACES),
  { name: 'kernel/addresses.txt', read: addresses },
  { name: 'kernel/services.jsonl', read: services },
  { name: 'kernel/rules.txt', read: rules },
];

/** The VIPs on our device, one a line. */
function addresses(): Promise<string> {
  return withKernel(async (kernel) => {
    const { bound } = await kernel.observeAddressesAndSets();
    return [...bound].map((address) => `${address}\n`).join('');
  });
}

async function services(most: number): Promise<string> {
  let text = '';
  for await (const rows of kernelRows({ servers: '1', traffic: '1' })) {
    for (const row of rows) text += `${JSON.stringify(row)}\n`;
    if (text.length > most) break;
  }
  return text;
}

/** Our own table and those of others: they decide together what becomes of a packet. */
async function rules(): Promise<string> {
  const handle = new (loadAddon().KernelHandle)({ device: DEVICE, table: '', sets: [] });
  try {
    return rulesetText(decodeRuleset(await handle.dumpRuleset()));
  } finally {
    handle.close();
  }
}

/** What `version` tells. */
export function composeVersion(): VersionReport {
  return {
    version: VERSION,
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
