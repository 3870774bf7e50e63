import type { Rule, SetDeclaration } from '../nf-tables/rule-values.js';
import type { Command, TableName } from '../nf-tables/transaction.js';

/** The VIPs of IPv4 once more: nftables keeps ARP in tables of its own. */
export const ARP_SET = 'vips';

export const ARP_VIPS: SetDeclaration = { name: ARP_SET, key: ['ipv4_addr'] };

/** `arp operation request arp daddr ip @vips drop`, for ARP over Ethernet (RFC 826). */
export const IGNORE_REQUESTS: Rule = [
  {
    kind: 'compare',
    field: { from: 'network header', offset: 6, length: 2 },
    value: Uint8Array.of(0, 1),
  },
  { kind: 'lookup', fields: [{ from: 'network header', offset: 24, length: 4 }], set: ARP_SET },
  { kind: 'verdict', verdict: { to: 'drop' } },
];

/**
 * A VIP is a local address, and Linux answers ARP for those on every interface: behind a load balancer that holds the
 * address itself, every node would claim it. kube-proxy's way is arp_ignore, which changes what the node says of all of
 * its addresses.
 */
export function arpTable(table: string): Command[] {
  const name: TableName = { family: 'arp', table };
  const chain = 'input';
  return [
    { ...name, kind: 'add-table' },
    { ...name, kind: 'add-set', set: ARP_VIPS },
    {
      ...name,
      kind: 'add-chain',
      chain: { name: chain, hook: { type: 'filter', hook: 'input', priority: 0 } },
    },
    { ...name, kind: 'flush-chain', chain },
    { ...name, kind: 'add-rule', chain, rule: IGNORE_REQUESTS },
  ];
}

export function deleteArpTable(table: string): Command[] {
  return [{ family: 'arp', table, kind: 'delete-table' }];
}
