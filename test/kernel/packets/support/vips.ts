import { type Addresses, addresses } from '../../../../lab/address-plan.js';

/** The ClusterIPs of one Service of a test, in both families. */
export function vip(number: number): Addresses {
  return addresses(`10.96.0.${number}`, `fd00:96::${number.toString(16)}`);
}

/** What `spec.clusterIPs` of a dual-stack Service says. */
export function both({ IPv4, IPv6 }: Addresses): readonly string[] {
  return [IPv4, IPv6];
}
