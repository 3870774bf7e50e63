import { type Address, FAMILIES, type Family, familyOf } from '../model/address.js';
import { type Cidr, parseCidr } from '../model/cidr.js';
import type { Service } from '../model/service.js';
import type { Field } from './field.js';
import { readAddress } from './network-fields.js';

const so = 'the address is left out';

/** The VIPs, at most one of each family; the first of a family stays. */
export function readClusterIPs(spec: Field): readonly Address[] {
  const addresses: Address[] = [];
  for (const field of clusterIPFields(spec)) {
    const address = readAddress(field, so);
    if (address === undefined) continue;
    if (addresses.some((other) => familyOf(other) === familyOf(address))) reportSecond(field, address);
    else addresses.push(address);
  }
  reportStale(spec.child('clusterIP'), addresses);
  // Without what a growing array has reserved for more.
  return addresses.slice();
}

function clusterIPFields(spec: Field): readonly Field[] {
  const list = spec.child('clusterIPs').items('clusterIP is used instead');
  return list.length > 0 ? list : [spec.child('clusterIP')];
}

function reportSecond(field: Field, address: Address): void {
  field.report(
    `is a second ${familyOf(address)} address, ${address}; ${so}.`,
    'Keep one address of each family.',
  );
}

// In a dumped Service that is edited one of the two fields is easily forgotten.
function reportStale(single: Field, addresses: readonly Address[]): void {
  const first = addresses[0];
  if (single.absent || single.value === '' || first === undefined) return;
  const address = readAddress(single, 'clusterIPs is used');
  if (address === undefined || address === first) return;
  single.report(`is ${address}, but clusterIPs is used and begins with ${first}.`, 'Write the same in both.');
}

const NONE: readonly Address[] = [];
/** The addresses by which a Service is reached from outside; none of them is a clusterIP, and none is in both lists. */
interface ExternalAddresses {
  readonly externalIPs: readonly Address[];
  readonly loadBalancerIPs: readonly Address[];
}

/**
 * An address that is in both lists counts as the load balancer's, whose source ranges then hold for it: the other way
 * round they would not hold at all.
 */
export function readExternalAddresses(
  spec: Field,
  status: Field,
  clusterIPs: readonly Address[],
): ExternalAddresses {
  const loadBalancerIPs = readLoadBalancerIPs(status, clusterIPs);
  const externalIPs = readExternalIPs(spec, clusterIPs);
  return { externalIPs: without(externalIPs, loadBalancerIPs), loadBalancerIPs };
}

function readExternalIPs(spec: Field, clusterIPs: readonly Address[]): readonly Address[] {
  const found: Address[] = [];
  for (const field of spec.child('externalIPs').items('the Service has no externalIPs')) {
    const address = readAddress(field, so);
    if (address === undefined || isClusterIP(field, address, clusterIPs)) continue;
    if (found.includes(address))
      field.report(`is ${address} a second time; ${so}.`, 'Remove one of the two.');
    else found.push(address);
  }
  return found.length === 0 ? NONE : found;
}

// One address may stand here for each of its ports: that is no mistake. Without an ip it is a host name, which
// clients resolve to an address that is not ours.
function readLoadBalancerIPs(status: Field, clusterIPs: readonly Address[]): readonly Address[] {
  const found: Address[] = [];
  const ingress = status.section('loadBalancer').child('ingress');
  for (const field of ingress.items('the load balancer has no addresses')) {
    const ip = field.child('ip');
    if (!field.isObject(so) || ip.absent || ip.value === '' || !isForNodes(field.child('ipMode'))) continue;
    const address = readAddress(ip, so);
    if (address === undefined || isClusterIP(ip, address, clusterIPs)) continue;
    if (!found.includes(address)) found.push(address);
  }
  return found.length === 0 ? NONE : found;
}

/** Whether packets reach the nodes with the load balancer's address as their destination. */
function isForNodes(mode: Field): boolean {
  if (mode.absent || mode.value === 'VIP') return true;
  if (mode.value !== 'Proxy') {
    mode.complain({ expected: 'VIP or Proxy', so, remedy: 'Ask whoever wrote the status of the Service.' });
  }
  return false;
}

function isClusterIP(field: Field, address: Address, clusterIPs: readonly Address[]): boolean {
  if (!clusterIPs.includes(address)) return false;
  field.report(
    `is ${address}, which is the clusterIP; ${so} here.`,
    'Use another address for clients outside.',
  );
  return true;
}

function without(list: readonly Address[], taken: readonly Address[]): readonly Address[] {
  if (list.length === 0 || taken.length === 0) return list;
  return list.filter((address) => !taken.includes(address));
}

type SourceRanges = Pick<Service, 'sourceRanges' | 'hasUnreadRanges'>;

/** Each is an element of an nftables set for each port and address; an object has room for 75,000. */
const MOST_RANGES = 1_000;

const UNRESTRICTED: SourceRanges = { sourceRanges: [], hasUnreadRanges: false };

/** The addresses that the ranges are for: the load balancer's, or while it has none those of the families to expect. */
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
