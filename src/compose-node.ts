import type { AgentSettings } from './config/agent-settings.js';
import { parseSocketAddress } from './config/value-syntax.js';
import { insideClients } from './desired/cluster-facts.js';
import { DesiredDataplane } from './desired/desired-dataplane.js';
import { kernelLimits } from './desired/node-view.js';
import { loadAddon } from './kernel/native/addon.js';
import { NetlinkKernel } from './kernel/netlink/netlink-kernel.js';
import type { KernelPreview } from './kernel/node/feature-probe.js';
import type { StandingRules } from './kernel/packet-table/layout-set.js';
import type { PacketRulesSettings } from './kernel/packet-table/packet-rules-settings.js';
import { parsedCidrs } from './model/cidr.js';
import { NO_OTHER_NODES, type OtherNodes, rangesWithoutNodes } from './model/node.js';

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
export interface ClusterFacts {
  readonly podCIDRs: readonly string[] | undefined;
  readonly serviceCIDRs: readonly string[] | undefined;
  readonly otherNodes: OtherNodes;
}

export const NO_FACTS: ClusterFacts = {
  podCIDRs: undefined,
  serviceCIDRs: undefined,
  otherNodes: NO_OTHER_NODES,
};

/** What the rules in the kernel say stands until the cluster has told better. */
export function factsBefore(standing: StandingRules | undefined): ClusterFacts {
  return standing === undefined
    ? NO_FACTS
    : { ...NO_FACTS, podCIDRs: standing.insideCIDRs, serviceCIDRs: standing.serviceCIDRs };
}

/** The rules as far as the cluster has told what they depend on. */
export function kernelRules(
  { masqueradeAll, localDetection, nodePortRange, nodeSetUp: { strictArp } }: AgentSettings,
  { podCIDRs, serviceCIDRs = [], otherNodes }: ClusterFacts = NO_FACTS,
): PacketRulesSettings {
  return {
    masqueradeAll,
    insideClients: insideClients(localDetection, podCIDRs),
    serviceCIDRs: rangesWithoutNodes(serviceCIDRs, otherNodes),
    nodePortRange,
    strictArp,
  };
}
