import { type Address, familyOf } from '../model/address.js';
import { cidrContains, parseCidr } from '../model/cidr.js';

/**
 * On which of the node's own addresses NodePorts are shown: CIDRs, and the words of KubeProxyConfiguration.
 * all: every address. primary: the one of each family that the Node object names first. localhost: none here, since
 * IPVS does not take packets of loopback addresses.
 */
export type NodePortRule = readonly string[];

/** As kube-proxy's IPVS mode does without `nodePortAddresses`. */
export const EVERY_ADDRESS: NodePortRule = [];

/**
 * The addresses that carry NodePorts. `named` are those of the Node object, in its order.
 * As in kube-proxy, CIDRs speak of their own family: a family that no rule names shows its NodePorts nowhere.
 */
export function nodePortAddresses(
  rule: NodePortRule,
  own: readonly Address[],
  named: readonly Address[],
): Address[] {
  if (rule.length === 0) return [...own];
  const chosen = new Set(rule.flatMap((entry) => addressesOf(entry, own, named)));
  return own.filter((address) => chosen.has(address));
}

function addressesOf(entry: string, own: readonly Address[], named: readonly Address[]): readonly Address[] {
  if (entry === 'all') return own;
  if (entry === 'localhost') return [];
  if (entry === 'primary') return primary(own, named);
  const cidr = parseCidr(entry);
  return cidr === undefined ? [] : own.filter((address) => cidrContains(cidr, address));
}

function primary(own: readonly Address[], named: readonly Address[]): Address[] {
  const candidates = named.filter((address) => own.includes(address));
  return (['IPv4', 'IPv6'] as const).flatMap(
    (family) => candidates.find((address) => familyOf(address) === family) ?? [],
  );
}
