import {
  type Address,
  addressBytes,
  FAMILIES,
  type Family,
  familyOf,
  formatAddress,
} from '../model/address.js';
import { type Frontend, frontend } from '../model/frontend.js';
import type { PolicyOperation } from '../model/operation.js';
import { PROTOCOLS, type Protocol } from '../model/protocol.js';

/**
 * The sets of our table: one for each purpose and family. The ledger has one for each protocol too, because nft does not
 * take `ct original` fields of several protocols in one concatenation.
 */
export type PacketSet =
  | { readonly purpose: 'guarded' | 'hairpins' | 'open'; readonly family: Family }
  | { readonly purpose: 'owned'; readonly family: Family; readonly protocol: Protocol };

export const PACKET_SETS: readonly PacketSet[] = FAMILIES.flatMap((family) => [
  { purpose: 'guarded', family } as const,
  { purpose: 'hairpins', family } as const,
  { purpose: 'open', family } as const,
  ...PROTOCOLS.map((protocol) => ({ purpose: 'owned', family, protocol }) as const),
]);

/** `owned-tcp-4`: the longest name is far below the kernel's 255 (NFT_SET_MAXNAMELEN). */
export function setName(set: PacketSet): string {
  const digit = set.family === 'IPv4' ? '4' : '6';
  return set.purpose === 'owned' ? `owned-${set.protocol.toLowerCase()}-${digit}` : `${set.purpose}-${digit}`;
}

const INDEX = new Map(PACKET_SETS.map((set, index) => [setName(set), index]));

/** Where an operation's element lives, and its key as nf_tables lays it out. */
export interface PacketElement {
  /** Index into PACKET_SETS. */
  readonly set: number;
  readonly key: Uint8Array;
}

export function elementOf(operation: PolicyOperation): PacketElement {
  switch (operation.kind) {
    case 'own-frontend':
    case 'disown-frontend':
      return frontendElement('owned', operation.frontend);
    case 'open-frontend':
    case 'close-frontend':
      return frontendElement('open', operation.frontend);
    case 'guard-vip':
    case 'release-vip':
      return addressElement('guarded', operation.address, [operation.address]);
    case 'allow-hairpin':
    case 'forbid-hairpin':
      return addressElement('hairpins', operation.address, [operation.address, operation.address]);
  }
}

function frontendElement(purpose: 'owned' | 'open', { address, port, protocol }: Frontend): PacketElement {
  const family = familyOf(address);
  const set: PacketSet = purpose === 'owned' ? { purpose, family, protocol } : { purpose, family };
  const fields = [addressBytes(address), portField(port)];
  if (purpose === 'open') fields.splice(1, 0, protocolField(protocol));
  return { set: indexOf(set), key: concatenate(fields) };
}

function addressElement(
  purpose: 'guarded' | 'hairpins',
  address: Address,
  fields: readonly Address[],
): PacketElement {
  return {
    set: indexOf({ purpose, family: familyOf(address) }),
    key: concatenate(fields.map(addressBytes)),
  };
}

function indexOf(set: PacketSet): number {
  const index = INDEX.get(setName(set));
  if (index === undefined) throw new TypeError(`no set ${setName(set)}`);
  return index;
}

/** The frontend that an element of an `owned` or `open` set stands for; undefined where it stands for none. */
export function frontendOfElement(set: PacketSet, key: Uint8Array): Frontend | undefined {
  const length = set.family === 'IPv4' ? 4 : 16;
  const address = formatAddress(key.subarray(0, length));
  if (set.purpose === 'owned') return frontend(address, portAt(key, length), set.protocol);
  const protocol = PROTOCOLS.find((name) => PROTOCOL_NUMBERS[name] === key[length]);
  return protocol === undefined ? undefined : frontend(address, portAt(key, length + 4), protocol);
}

/** The address that an element of a `guarded` or `hairpins` set stands for. */
export function addressOfElement(set: PacketSet, key: Uint8Array): Address {
  return formatAddress(key.subarray(0, set.family === 'IPv4' ? 4 : 16));
}

/** include/uapi/linux/in.h */
export const PROTOCOL_NUMBERS: Readonly<Record<Protocol, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

// nf_tables pads every field of a concatenation to 4 bytes; ports are in network order.
function portField(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff, 0, 0);
}

function protocolField(protocol: Protocol): Uint8Array {
  return Uint8Array.of(PROTOCOL_NUMBERS[protocol], 0, 0, 0);
}

function portAt(key: Uint8Array, offset: number): number {
  return ((key[offset] ?? 0) << 8) | (key[offset + 1] ?? 0);
}

function concatenate(fields: readonly Uint8Array[]): Uint8Array {
  const key = new Uint8Array(fields.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const field of fields) {
    key.set(field, offset);
    offset += field.length;
  }
  return key;
}
