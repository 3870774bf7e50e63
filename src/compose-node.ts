import type { AgentSettings } from './config/agent-settings.js';
import { parseSocketAddress } from './config/socket-address.js';
import { DesiredDataplane } from './desired/desired-dataplane.js';
import type { KernelPreview } from './kernel/kernel-preview.js';
import { loadAddon } from './kernel/native/addon.js';
import { NetlinkKernel } from './kernel/netlink/netlink-kernel.js';
import type { InsideClients, PacketRulesSettings } from './kernel/packet-table/packet-rules-settings.js';
import type { StandingRules } from './kernel/packet-table/standing-rules.js';
import type { Family } from './model/address.js';
import { parsedCidrs } from './model/cidr.js';
import type { NodeRecord } from './model/node.js';
import { NO_OTHER_NODES, type OtherNodes, rangesWithoutNodes } from './model/other-nodes.js';

/** The parts that depend on this node: what is desired of it, and its kernel. */

/** `kernel`: as found out by trying, or by reading alone for whoever must not try. */
export function composeDesired(
  { nodeName, scheduler, nodePorts, addressLimits, maxFrontendsPerService, serving }: AgentSettings,
  kernel: KernelPreview,
): DesiredDataplane {
  return new DesiredDataplane({
    name: nodeName,
    zone: undefined,
    scheduler,
    families: familiesOf(kernel),
    stickyScheduler: stickySchedulerOf(kernel),
    smallStickyScheduler: kernel.ipvs.schedulers?.includes('sh') === true ? 'sh' : undefined,
    nodePorts: nodePorts.addresses,
    limits: {
      externalIPs: addressLimits.externalIPs,
      externalIPsOnNodes: addressLimits.externalIPsOnNodes,
      externalRanges: parsedCidrs(addressLimits.externalRanges),
      ingressRanges: parsedCidrs(addressLimits.ingressRanges),
      podRanges: parsedCidrs(addressLimits.podRanges),
    },
    maxFrontends: maxFrontendsPerService,
    agentPorts: agentPortsOf(serving),
  });
}

const LOOPBACK = /^(?:127\.|::1$)/;

/** A server on loopback alone keeps no port of the node's addresses from anybody. */
function agentPortsOf({ health, metrics }: AgentSettings['serving']): number[] {
  const servers = [health, metrics].map((text) => parseSocketAddress(text ?? '', 0));
  return servers.flatMap((server) =>
    server === undefined || LOOPBACK.test(server.address) ? [] : [server.port],
  );
}

export function composeKernel(settings: AgentSettings): NetlinkKernel {
  return new NetlinkKernel(loadAddon(), kernelRules(settings));
}

/** What only the cluster can tell of what the rules depend on; undefined while nobody has told it. */
export interface HeardForRules {
  readonly podCIDRs: readonly string[] | undefined;
  readonly serviceCIDRs: readonly string[] | undefined;
}

export const NOTHING_HEARD: HeardForRules = { podCIDRs: undefined, serviceCIDRs: undefined };

/** What the rules in the kernel say stands until the cluster has told better. */
export function heardBefore(standing: StandingRules | undefined): HeardForRules {
  return standing === undefined
    ? NOTHING_HEARD
    : { podCIDRs: standing.insideCIDRs, serviceCIDRs: standing.serviceCIDRs };
}

/** With what the cluster tells now, which counts more than what was heard before. */
export function heardSince(
  before: HeardForRules,
  { node, serviceCIDRs }: { node: NodeRecord | undefined; serviceCIDRs: readonly string[] | undefined },
): HeardForRules {
  return {
    podCIDRs: node?.podCIDRs ?? before.podCIDRs,
    serviceCIDRs: serviceCIDRs ?? before.serviceCIDRs,
  };
}

/** The rules as far as the cluster has told what they depend on. */
export function kernelRules(
  { masqueradeAll, localDetection, nodePortRange, nodeSetUp: { strictArp } }: AgentSettings,
  { podCIDRs, serviceCIDRs = [] }: HeardForRules = NOTHING_HEARD,
  others: OtherNodes = NO_OTHER_NODES,
): PacketRulesSettings {
  return {
    masqueradeAll,
    insideClients: insideClientsOf(localDetection, podCIDRs),
    serviceCIDRs: rangesWithoutNodes(serviceCIDRs, others),
    nodePortRange,
    strictArp,
  };
}

function insideClientsOf(
  detection: AgentSettings['localDetection'],
  podCIDRs: readonly string[] | undefined,
): InsideClients {
  switch (detection.kind) {
    case 'none':
      return podCIDRs === undefined ? { kind: 'unknown' } : { kind: 'pods-of-this-node', cidrs: podCIDRs };
    case 'cluster-cidrs':
      return { kind: 'addresses', cidrs: detection.cidrs };
    case 'node-cidr':
      return podCIDRs === undefined ? { kind: 'unknown' } : { kind: 'addresses', cidrs: podCIDRs };
    case 'bridge-interface':
      return { kind: 'interfaces', name: detection.name };
    case 'interface-name-prefix':
      return { kind: 'interfaces', name: `${detection.prefix}*` };
  }
}

/** Of IPv6 that is switched off no address can be bound, so that nothing of it could ever be programmed. */
function familiesOf({ ipv6, ipvs }: KernelPreview): Family[] {
  return ipvs.families.filter((family) => family === 'IPv4' || ipv6 !== 'off');
}

/** Both send one client to one server, and mh moves fewer clients when servers come and go. */
const STICKY_SCHEDULERS = ['mh', 'sh'] as const;

function stickySchedulerOf({ ipvs }: KernelPreview): string | undefined {
  return STICKY_SCHEDULERS.find((scheduler) => ipvs.schedulers?.includes(scheduler) === true);
}
