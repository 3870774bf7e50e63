/** The VIPs of IPv4 once more: nftables keeps ARP in tables of its own. */
export const ARP_SET = 'vips';

/**
 * A VIP is a local address, and Linux answers ARP for those on every interface: behind a load balancer that holds the
 * address itself, every node would claim it. kube-proxy's way is arp_ignore, which changes what the node says of all of
 * its addresses.
 */
export function arpTable(name: string): string {
  return `table arp ${name} {
  set ${ARP_SET} { type ipv4_addr; }
  chain input { type filter hook input priority filter; policy accept; }
}
flush chain arp ${name} input
table arp ${name} {
  chain input { arp operation request arp daddr ip @${ARP_SET} drop; }
}`;
}

export function deleteArpTable(name: string): string {
  return `delete table arp ${name}`;
}
