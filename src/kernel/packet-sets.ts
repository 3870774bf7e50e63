import {
  type Address,
  FAMILIES,
  type Family,
  familyOf,
  formatAddress,
  writeAddress,
} from '../model/address.js';
import { type Frontend, frontend } from '../model/frontend.js';
import type { PolicyOperation } from '../model/operation.js';
import { PROTOCOLS, type Protocol } from '../model/protocol.js';
import { PROTOCOL_NUMBERS } from './native/records.js';

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

/** For each family the index of each set. */
const SET_INDEX = { IPv4: indexesOf('IPv4'), IPv6: indexesOf('IPv6') } as const satisfies Record<
  Family,
  unknown
>;

function indexesOf(family: Family) {
  const index = (set: PacketSet) => PACKET_SETS.findIndex((other) => setName(other) === setName(set));
  const owned = (protocol: Protocol) => index({ purpose: 'owned', family, protocol });
  return {
    guarded: index({ purpose: 'guarded', family }),
    hairpins: index({ purpose: 'hairpins', family }),
    open: index({ purpose: 'open', family }),
    owned: { TCP: owned('TCP'), UDP: owned('UDP'), SCTP: owned('SCTP') },
  };
}

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
      return addressElement('guarded', operation.address, 1);
    case 'allow-hairpin':
    case 'forbid-hairpin':
      return addressElement('hairpins', operation.address, 2);
  }
}

function frontendElement(purpose: 'owned' | 'open', { address, port, protocol }: Frontend): PacketElement {
  const family = familyOf(address);
  const size = addressSize(family);
  const key = new Uint8Array(purpose === 'owned' ? size + FIELD_SIZE : size + 2 * FIELD_SIZE);
  writeAddress(address, key, 0);
  if (purpose === 'open') key[size] = PROTOCOL_NUMBERS[protocol];
  const portOffset = key.length - FIELD_SIZE;
  key[portOffset] = port >> 8;
  key[portOffset + 1] = port & 0xff;
  return { set: purpose === 'owned' ? SET_INDEX[family].owned[protocol] : SET_INDEX[family].open, key };
}

function addressElement(purpose: 'guarded' | 'hairpins', address: Address, times: number): PacketElement {
  const family = familyOf(address);
  const size = addressSize(family);
  const key = new Uint8Array(size * times);
  for (let offset = 0; offset < key.length; offset += size) writeAddress(address, key, offset);
  return { set: SET_INDEX[family][purpose], key };
}

// nf_tables pads every field of a concatenation to 4 bytes; ports are in network order.
const FIELD_SIZE = 4;

function addressSize(family: Family): number {
  return family === 'IPv4' ? 4 : 16;
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

function portAt(key: Uint8Array, offset: number): number {
  return ((key[offset] ?? 0) << 8) | (key[offset + 1] ?? 0);
}
