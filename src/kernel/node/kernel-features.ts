import type { Family } from '../../model/address.js';

/** Present, absent, or could not be found out. */
export type Presence = 'yes' | 'no' | 'unknown';

/** What the kernel of this node can do, as found out once at the start by trying. */
export interface KernelFeatures {
  /** `uname -r`. */
  readonly release: string;
  readonly ipvs: IpvsFeatures;
  /** Parts of nf_tables, by name; see nft-probe.ts. */
  readonly nftables: Readonly<Record<NftFeature, Presence>>;
  readonly ipv6: Ipv6State;
  /** Whether ctnetlink tells of new and ended flows (net.netfilter.nf_conntrack_events). */
  readonly conntrackEvents: Presence;
  /** Whether /proc/sys can be written, as it can in the init container only. */
  readonly writableSysctls: boolean;
}

export interface IpvsFeatures {
  readonly version: string;
  /** Buckets of the connection table; where it grows by itself, those of now: none in a new network namespace (7.2). */
  readonly connectionTableSize: number;
  /** Linux 7.1 and later: both tables of IPVS grow with their contents. */
  readonly growingTables: boolean;
  /** Those of SCHEDULERS that the kernel has or can load. Undefined: could not be tried. */
  readonly schedulers: readonly string[] | undefined;
  /** Families for which virtual servers can be made, and keyed by firewall mark. */
  readonly families: readonly Family[];
}

export const NFT_FEATURES = [
  'masquerade',
  'destination NAT',
  'original destination',
  'reject',
  'intervals in concatenations',
  'maps to marks',
  'arp',
] as const;

export type NftFeature = (typeof NFT_FEATURES)[number];

/** off: no address of that family can exist. */
export type Ipv6State = 'off' | 'not forwarding' | 'forwarding';

function bucketsText({ connectionTableSize: size, growingTables }: IpvsFeatures): string {
  if (!growingTables) return `${size} connection buckets`;
  return size === 0 ? 'no connection buckets yet, they grow' : `${size} connection buckets that grow`;
}

/** One line for the log. */
export function featureText({ release, ipvs, nftables, ipv6, ...rest }: KernelFeatures): string {
  const lacking = NFT_FEATURES.filter((name) => nftables[name] !== 'yes');
  return [
    `Linux ${release}`,
    `IPVS ${ipvs.version} for ${ipvs.families.join(' and ') || 'no family'}`,
    bucketsText(ipvs),
    `schedulers ${ipvs.schedulers?.join(' ') ?? 'unknown'}`,
    lacking.length === 0 ? 'nftables complete' : `nftables without ${lacking.join(', ')}`,
    `IPv6 ${ipv6}`,
    `conntrack events: ${rest.conntrackEvents}`,
    `/proc/sys ${rest.writableSysctls ? 'writable' : 'read-only'}`,
  ].join('; ');
}
