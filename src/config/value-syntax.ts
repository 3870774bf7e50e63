import { type Address, familyOf, parseAddress } from '../model/address.js';
import { parseCidr } from '../model/cidr.js';

/** Where a server listens. */
interface SocketAddress {
  readonly address: Address;
  readonly port: number;
}

/**
 * Reads `10.0.0.1:80`, `[::1]:80` and, with `port` for what is missing, an address alone. Undefined where it is none.
 */
export function parseSocketAddress(text: string, port: number): SocketAddress | undefined {
  const alone = parseAddress(text) ?? parseAddress(/^\[(.*)\]$/.exec(text)?.[1] ?? '');
  if (alone !== undefined) return { address: alone, port };
  const [, six, four, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? '');
  const found = Number(digits);
  if (address === undefined || (familyOf(address) === 'IPv6') !== (six !== undefined)) return undefined;
  return found >= 1 && found <= 65_535 ? { address, port: found } : undefined;
}

/** The CIDRs of `clusterCIDR`: one, or one of each family with a comma between. Undefined where it is neither. */
export function parseClusterCIDRs(text: string): readonly string[] | undefined {
  if (text.trim() === '') return [];
  const cidrs = text.split(',').map((part) => parseCidr(part.trim()));
  const known = cidrs.filter((cidr) => cidr !== undefined);
  const families = new Set(known.map(({ family }) => family));
  return families.size === cidrs.length ? known.map(({ text }) => text) : undefined;
}

/** First and last port, both included. */
type PortRange = readonly [number, number];

/**
 * A range of ports as the API server's flag has it (apimachinery, pkg/util/net/port_range.go): `30000-32767`,
 * `30000+2767` or one port alone. Undefined where it is none, or leaves it to others (0 there).
 */
export function parsePortRange(text: string): PortRange | undefined {
  const [, first = '', sign, second = ''] = /^(\d{1,5})(?:([-+])(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const least = Number(first);
  const most = sign === undefined ? least : sign === '-' ? Number(second) : least + Number(second);
  return least >= 1 && most >= least && most <= 65_535 ? [least, most] : undefined;
}

/** Of a range that has been checked before. */
export function portRange(text: string): PortRange {
  const range = parsePortRange(text);
  if (range === undefined) throw new TypeError(`not a checked range of ports: ${text}`);
  return range;
}
