import type { InsideClients } from '../../model/local-detection.js';
import type { VipBinding } from '../../model/vip-binding.js';

/** What the constant rules depend on. */
export interface PacketRulesSettings {
  /** Masquerade everything that comes in through a ClusterIP. */
  readonly masqueradeAll: boolean;
  readonly insideClients: InsideClients;
  /** Ranges of Service addresses: packets to one that no Service has are dropped instead of wandering off. */
  readonly serviceCIDRs: readonly string[];
  /** The API server's --service-node-port-range, first and last; its default unless said. */
  readonly nodePortRange?: readonly [number, number];
  /** Answer no ARP request for a VIP, on any interface. (Neighbour discovery of IPv6 is as strict by itself.) */
  readonly strictArp?: boolean;
  /** How VIPs are bound; addresses unless said. */
  readonly vipBinding?: VipBinding;
  /** Kernels without nftables for ARP: `strictArp` then has no effect. */
  readonly withoutArp?: boolean;
  /**
   * Kernels whose nftables cannot ask for sockets: a pod's segment out of the window then ends a masqueraded
   * connection.
   */
  readonly withoutSockets?: boolean;
}

/** The API server's default. */
export const DEFAULT_NODE_PORTS: readonly [number, number] = [30_000, 32_767];

/** Without any distinction between clients: enough for whoever only looks, or takes away. */
export const PLAIN_RULES: PacketRulesSettings = {
  masqueradeAll: false,
  insideClients: { kind: 'unknown' },
  serviceCIDRs: [],
};

/** Whether there is a table for ARP. */
export function hasArpTable({ strictArp, withoutArp }: PacketRulesSettings): boolean {
  return strictArp === true && withoutArp !== true;
}

/** The rules, and what of them a kernel may still take where it refuses those before. */
export function rulesAndFallbacks(settings: PacketRulesSettings): readonly PacketRulesSettings[] {
  const all = settings.strictArp === true ? [settings, { ...settings, withoutArp: true }] : [settings];
  return [...all, ...all.map((rules) => ({ ...rules, withoutSockets: true }))];
}
