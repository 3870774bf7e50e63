/**
 * IP addresses as canonical text: the one form used for keys, equality and output.
 *
 * IPv4 is dotted decimal without leading zeros. IPv6 is RFC 5952: lower case, no leading zeros,
 * the longest run of zero groups as `::`. An IPv4-mapped IPv6 address is refused, because the kernel
 * would treat it as IPv6 while people read it as IPv4.
 */
export type Address = string & { readonly __brand: 'Address' };

/** The two families, spelled as the Kubernetes API spells them. */
export type Family = 'IPv4' | 'IPv6';

export const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];

export function familyOf(address: Address): Family {
  return hasColon(address) ? 'IPv6' : 'IPv4';
}

// Asked several times for each endpoint, and first in code that is not compiled yet, where a call into V8 is quicker than
// a loop over characters.
function hasColon(address: Address): boolean {
  return address.includes(':');
}

/** The canonical form of `text`, or undefined where it is no address. */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) return readIPv4(text, SCRATCH, 0) ? (text as Address) : undefined;
  const bytes = parseIPv6(text);
  return bytes === undefined ? undefined : formatAddress(bytes);
}

// Of an IPv4 address there is one text only, so its bytes are not needed to know that it is one.
const SCRATCH = new Uint8Array(4);

/** The address that a connection to `text` goes to: of an IPv4-mapped IPv6 address, the IPv4 address in it. */
export function connectedAddress(text: string): Address | undefined {
  const dotted = /^::ffff:([\d.]+)$/i.exec(text)?.[1];
  if (dotted !== undefined) return parseAddress(dotted);
  const groups = text.includes(':') ? ipv6Groups(text) : undefined;
  if (groups === undefined || !isMappedIPv4(groups)) return parseAddress(text);
  return formatAddress(groupsToBytes(groups).subarray(12));
}

/** The address as 4 or 16 bytes in network order. */
export function addressBytes(address: Address): Uint8Array {
  const bytes = address.includes(':') ? parseIPv6(address) : parseIPv4(address);
  if (bytes === undefined) throw new TypeError(`not a canonical address: ${address}`);
  return bytes;
}

/** Writes what `addressBytes` answers into `target` and returns the length: without an array for every address. */
export function writeAddress(address: Address, target: Uint8Array, offset: number): number {
  if (!hasColon(address) && readIPv4(address, target, offset)) return 4;
  target.set(addressBytes(address), offset);
  return 16;
}

/** Whether the bytes at that place are those of the address: quicker than a text of them, of which hardly any is needed. */
export function isAddressAt(address: Address, bytes: Uint8Array, at: number, family: Family): boolean {
  return family === 'IPv4' ? isIPv4At(address, bytes, at) : isIPv6At(address, bytes, at);
}

// Of an address of IPv6, which has no dots, not even the first number is reached.
function isIPv4At(address: Address, bytes: Uint8Array, at: number): boolean {
  let place = at;
  let value = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code !== DOT) value = value * 10 + code - ZERO;
    else if (bytes[place++] !== value) return false;
    else value = 0;
  }
  return place === at + 3 && bytes[place] === value;
}

function isIPv6At(address: Address, bytes: Uint8Array, at: number): boolean {
  if (!hasColon(address)) return false;
  const expected = addressBytes(address);
  for (let index = 0; index < 16; index++) if (expected[index] !== bytes[at + index]) return false;
  return true;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** The canonical text of 4 or 16 bytes in network order. */
export function formatAddress(bytes: Uint8Array): Address {
  return addressAt(bytes, 0, bytes.length === 4 ? 'IPv4' : 'IPv6');
}

/** The same of an address in the middle of other bytes: a view of each takes longer than its text. */
export function addressAt(bytes: Uint8Array, at: number, family: Family): Address {
  if (family === 'IPv6') return formatIPv6(bytes.subarray(at, at + 16)) as Address;
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}` as Address;
}

// Leading zeros are refused, not read as octal or decimal: the two readings differ, and that difference
// has let addresses through filters (CVE-2021-29923).
function parseIPv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return readIPv4(text, bytes, 0) ? bytes : undefined;
}

function readIPv4(text: string, bytes: Uint8Array, offset: number): boolean {
  let position = 0;
  for (let index = 0; index < 4; index++) {
    let value = 0;
    const start = position;
    for (; position < text.length; position++) {
      const digit = text.charCodeAt(position) - 48;
      if (digit < 0 || digit > 9) break;
      if (position > start && value === 0) return false;
      value = value * 10 + digit;
    }
    if (position === start || value > 255) return false;
    bytes[offset + index] = value;
    if (index < 3 && text[position++] !== '.') return false;
  }
  return position === text.length;
}

function parseIPv6(text: string): Uint8Array | undefined {
  const groups = ipv6Groups(text);
  return groups === undefined || isMappedIPv4(groups) ? undefined : groupsToBytes(groups);
}

function ipv6Groups(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  for (const part of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    groups.push(Number.parseInt(part, 16));
  }
  return groups;
}

function isMappedIPv4(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

function groupsToBytes(groups: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16);
  groups.forEach((group, index) => {
    bytes[index * 2] = group >> 8;
    bytes[index * 2 + 1] = group & 0xff;
  });
  return bytes;
}

function formatIPv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0));
  const run = longestZeroRun(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return text(groups);
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  });
  return best;
}
