import { type Address, addressBytes, type Family, familyOf, formatAddress, parseAddress } from './address.js';

/** A range of addresses of one family, as RFC 4632 (IPv4) and RFC 4291 (IPv6) write it. Host bits are always zero. */
export interface Cidr {
  readonly family: Family;
  /** The first address of the range. */
  readonly address: Address;
  /** Length of the prefix in bits, 0–32 or 0–128. */
  readonly prefix: number;
  /** `10.0.0.0/8`, `fd00::/64`: canonical, so that equal ranges have equal texts. */
  readonly text: string;
}

// A length with a leading zero is refused like an octet with one: "/08" is a slip that people read as they like.
const SHAPE = /^([^/]+)\/(0|[1-9]\d{0,2})$/;

/** The range that `text` means, host bits cleared; undefined where it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [, addressText = '', length = ''] = SHAPE.exec(text) ?? [];
  const address = parseAddress(addressText);
  if (address === undefined) return undefined;
  const bytes = addressBytes(address);
  const prefix = Number(length);
  if (prefix > bytes.length * 8) return undefined;
  clearHostBits(bytes, prefix);
  return cidrFrom(formatAddress(bytes), prefix);
}

/** Of texts that were checked before. */
export function parsedCidrs(texts: readonly string[]): Cidr[] {
  return texts.flatMap((text) => parseCidr(text) ?? []);
}

export function cidrContains({ family, address, prefix }: Cidr, candidate: Address): boolean {
  if (familyOf(candidate) !== family) return false;
  const bytes = addressBytes(candidate);
  clearHostBits(bytes, prefix);
  return formatAddress(bytes) === address;
}

/**
 * The ranges of one family without those that lie in another of them, by their first addresses: nftables takes no
 * overlapping ranges in one set. Two ranges overlap only where one lies in the other, so that a sweep over the sorted
 * ones is enough.
 */
export function withoutContained(ranges: readonly Cidr[]): Cidr[] {
  const spans = ranges.map((range) => ({
    range,
    first: hex(addressBytes(range.address)),
    last: hex(lastBytes(range)),
  }));
  spans.sort((a, b) => compareText(a.first, b.first) || a.range.prefix - b.range.prefix);
  let end = '';
  return spans.flatMap(({ range, last }) => {
    if (last <= end) return [];
    end = last;
    return [range];
  });
}

// Texts of one length, which compare as the bytes do.
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The last address of the range, as 4 or 16 bytes in network order; the first is `address`. */
export function lastBytes({ address, prefix }: Cidr): Uint8Array {
  const bytes = addressBytes(address);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = (bytes[index] ?? 0) | hostMask(prefix, index);
  return bytes;
}

/** The range that begins with an address whose host bits are zero already. */
export function cidrFrom(address: Address, prefix: number): Cidr {
  return { family: familyOf(address), address, prefix, text: `${address}/${prefix}` };
}

function clearHostBits(bytes: Uint8Array, prefix: number): void {
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = (bytes[index] ?? 0) & ~hostMask(prefix, index);
}

/** The bits of one byte that lie behind the prefix. */
function hostMask(prefix: number, index: number): number {
  return 0xff >> Math.min(8, Math.max(0, prefix - index * 8));
}
