import { type Address, FAMILIES, type Family, familyOf } from '../model/address.js';
import { type Cidr, parseCidr } from '../model/cidr.js';
import type { Service } from '../model/service.js';
import type { Field } from './field.js';

type SourceRanges = Pick<Service, 'sourceRanges' | 'hasUnreadRanges'>;

/** Each is an element of an nftables set for each port and address; an object has room for 75,000. */
const MOST_RANGES = 1_000;

const UNRESTRICTED: SourceRanges = { sourceRanges: [], hasUnreadRanges: false };

/** The addresses that the ranges speak of: the load balancer's, or while it has none those of the families to expect. */
interface Guarded {
  readonly clusterIPs: readonly Address[];
  readonly loadBalancerIPs: readonly Address[];
}

/** The ranges that make sense, each once. What cannot be read closes and never opens: see `allowedSources`. */
export function readSourceRanges(spec: Field, guarded: Guarded): SourceRanges {
  const list = spec.child('loadBalancerSourceRanges');
  if (list.absent) return UNRESTRICTED;
  const fields = list.items('no client may use the address of the load balancer');
  const isList = Array.isArray(list.value);
  if (fields.length > MOST_RANGES)
    list.report(
      `has ${fields.length} ranges; those behind the first ${MOST_RANGES} allow nobody.`,
      'Join neighbouring ranges, or have a firewall in front.',
    );
  const ranges = fields.slice(0, MOST_RANGES).map(readRange);
  const sourceRanges = ranges.filter((range) => range !== undefined);
  const hasUnreadRanges = !isList || sourceRanges.length < fields.length;
  for (const family of FAMILIES) reportFamily(list, family, { sourceRanges, hasUnreadRanges }, guarded);
  return { sourceRanges: distinct(sourceRanges), hasUnreadRanges };
}

function readRange(field: Field): Cidr | undefined {
  const range = typeof field.value === 'string' ? parseCidr(field.value.trim()) : undefined;
  if (range !== undefined) return range;
  field.complain({
    expected: 'a range of addresses such as 192.0.2.0/24 or 2001:db8::/32',
    so: 'it allows nobody',
    remedy: 'Correct the range.',
  });
  return undefined;
}

// What is allowed and what is reached must be of one family, or one of the two has no use.
function reportFamily(list: Field, family: Family, ranges: SourceRanges, guarded: Guarded): void {
  const { sourceRanges, hasUnreadRanges } = ranges;
  const own = sourceRanges.filter((range) => range.family === family);
  const reached = guarded.loadBalancerIPs.find((address) => familyOf(address) === family);
  if (own.length === 0 && reached !== undefined) reportOpenness(list, family, reached, hasUnreadRanges);
  else if (own[0] !== undefined && !hasFamily(guarded, family)) reportIdle(list, own[0]);
}

function reportOpenness(list: Field, family: Family, address: Address, hasUnreadRanges: boolean): void {
  if (!Array.isArray(list.value) || list.value.length === 0) return;
  const message = hasUnreadRanges
    ? `has no ${family} range that can be read; nobody may use ${address}.`
    : `has no ${family} range, so every ${family} client may use ${address}.`;
  list.report(message, `List the ${family} clients that may.`);
}

function reportIdle(list: Field, { family, text }: Cidr): void {
  list.report(
    `has ${text}, but the Service has no ${family} address; the range has no effect.`,
    `Remove it, or give the Service an ${family} address.`,
  );
}

function hasFamily({ clusterIPs, loadBalancerIPs }: Guarded, family: Family): boolean {
  return [...clusterIPs, ...loadBalancerIPs].some((address) => familyOf(address) === family);
}

function distinct(ranges: readonly Cidr[]): readonly Cidr[] {
  return [...new Map(ranges.map((range) => [range.text, range])).values()];
}
