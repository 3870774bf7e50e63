import type { AgentSettings } from './config/agent-settings.js';
import { parseSocketAddress } from './config/value-syntax.js';
import { packetFacts } from './desired/cluster-facts.js';
import { DesiredDataplane } from './desired/desired-dataplane.js';
import { agentPortsOf, kernelLimits } from './desired/node-view.js';
import { loadAddon } from './kernel/native/addon.js';
import { NetlinkKernel } from './kernel/netlink/netlink-kernel.js';
import type { KernelPreview } from './kernel/node/feature-probe.js';
import { type PacketRulesSettings, PLAIN_RULES } from './kernel/packet-table/packet-rules-settings.js';
import { parsedCidrs } from './model/cidr.js';
import { type ClusterFacts, NO_FACTS } from './model/cluster-facts.js';
import { DEFAULT_LOOP_SETTINGS, type LoopSettings } from './reconcile/loop-settings.js';
import type { StatusSettings } from './status/status-servers.js';

/** The parts that depend on this node, and what its settings are in the words and units of the rooms. */

/** `kernel`: as found out by trying, or by reading alone for whoever must not try. */
export function composeDesired(
  { nodeName, scheduler, nodePorts, addressLimits, maxFrontendsPerService, serving }: AgentSettings,
  kernel: KernelPreview,
): DesiredDataplane {
  return new DesiredDataplane({
    name: nodeName,
    zone: undefined,
    scheduler,
    ...kernelLimits(kernel),
    nodePorts: nodePorts.addresses,
    limits: {
      externalIPs: addressLimits.externalIPs,
      externalIPsOnNodes: addressLimits.externalIPsOnNodes,
      externalRanges: parsedCidrs(addressLimits.externalRanges),
      ingressRanges: parsedCidrs(addressLimits.ingressRanges),
      podRanges: parsedCidrs(addressLimits.podRanges),
    },
    maxFrontends: maxFrontendsPerService,
    agentPorts: agentPortsOf(
      [serving.health, serving.metrics].flatMap((text) => parseSocketAddress(text ?? '', 0) ?? []),
    ),
  });
}

export function composeKernel(settings: AgentSettings): NetlinkKernel {
  return new NetlinkKernel(loadAddon(), kernelRules(settings));
}

/** The rules as far as it is known what they depend on. */
export function kernelRules(
  { masqueradeAll, localDetection, nodePortRange, vipBinding, nodeSetUp: { strictArp } }: AgentSettings,
  facts: ClusterFacts = NO_FACTS,
): PacketRulesSettings {
  return { masqueradeAll, nodePortRange, strictArp, vipBinding, ...packetFacts(localDetection, facts) };
}

export function loopSettings({ drainDeadline, auditPeriod, gatherTime }: AgentSettings): LoopSettings {
  return {
    ...DEFAULT_LOOP_SETTINGS,
    drainDeadline: drainDeadline * 1000,
    auditPeriod: auditPeriod * 1000,
    gatherTime: gatherTime * 1000,
  };
}

export function statusSettings(
  { nodeName = '', syncPeriod, serving, perServiceMetrics: { enabled, maxServicePorts } }: AgentSettings,
  version: string,
  { ipv6 }: Pick<KernelPreview, 'ipv6'>,
): StatusSettings {
  return {
    version,
    node: nodeName,
    families: ipv6 === 'off' ? ['IPv4'] : ['IPv4', 'IPv6'],
    healthTimeout: 2_000 * syncPeriod,
    serving,
    trafficLimit: enabled ? maxServicePorts : 0,
  };
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
