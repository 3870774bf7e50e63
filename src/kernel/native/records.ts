import { endianness } from 'node:os';
import type { Address, Family } from '../../model/address.js';
import type { FrontendKey } from '../../model/frontend.js';
import type { Protocol } from '../../model/protocol.js';

/**
 * What crosses to C++ and back, as plain objects. native/records.h describes the packed form: a change there changes
 * the two codecs here (operation-encoder.ts, answer-decoder.ts) and the ABI number, which the loader compares.
 */
export const ABI = 18;

/** The packed records are in host byte order. */
export const LITTLE_ENDIAN = endianness() === 'LE';

export const FAMILY_NUMBERS = { IPv4: 2, IPv6: 10 } as const satisfies Record<Family, number>;

/** include/uapi/linux/in.h */
export const PROTOCOL_NUMBERS = { TCP: 6, UDP: 17, SCTP: 132 } as const satisfies Record<Protocol, number>;

/** A virtual server is keyed by address, or by the firewall mark that a packet carries. */
export type ServerKey = AddressKey | MarkKey;

export interface AddressKey {
  readonly address: Address;
  /** 0–65535; 0 is every port of a persistent virtual server. */
  readonly port: number;
  readonly protocol: Protocol;
}

export interface MarkKey {
  readonly family: Family;
  /** 1–0xffffffff. */
  readonly mark: number;
}

/** One write, as the addon takes it. */
export type KernelOperation =
  | VirtualServerOperation
  | { readonly kind: 'delete-virtual-server'; readonly key: ServerKey }
  | RealServerOperation
  | {
      readonly kind: 'delete-real-server';
      readonly key: ServerKey;
      readonly address: Address;
      readonly port: number;
    }
  | { readonly kind: 'bind-address' | 'unbind-address'; readonly address: Address }
  /** A route of type local that makes the address one of this machine without giving it to a device. */
  | { readonly kind: 'bind-route' | 'unbind-route'; readonly address: Address }
  | AddElementOperation
  | DeleteElementOperation
  | ForgetFlowsOperation;

/** set replaces every setting. */
export interface VirtualServerOperation {
  readonly kind: 'add-virtual-server' | 'set-virtual-server';
  readonly key: ServerKey;
  /** At most 15 bytes; longer names are cut, and then unknown to the kernel. */
  readonly scheduler: string;
  /** IP_VS_SVC_F_*, include/uapi/linux/ip_vs.h: 1 persistent, 4 one packet, 8/16/32 the scheduler's own. */
  readonly flags: number;
  /** Persistence timeout in seconds; counts with the persistent flag. */
  readonly timeout: number;
}

export interface RealServerOperation {
  readonly kind: 'add-real-server' | 'set-real-server';
  readonly key: ServerKey;
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
  /** IP_VS_CONN_F_*: 0 masquerading (the default), 2 tunnel, 3 direct routing. */
  readonly forwarding?: number;
  /** Connections at which the kernel stops to use the server; 0 or absent: never. */
  readonly upperThreshold?: number;
}

export interface AddElementOperation {
  readonly kind: 'add-element';
  /** Index into the sets given to the handle. */
  readonly set: number;
  /** At most 48 bytes, as nf_tables wants them: every field of a concatenation padded to 4. */
  readonly element: Uint8Array;
  /** Shown by `nft list set`; cut to 127 bytes. */
  readonly comment?: string | undefined;
  /** The value where the set is a map to firewall marks; 0 for none. */
  readonly mark?: number | undefined;
  /** Where the set holds ranges: how many bits at the end of the element may have any value. */
  readonly freeBits?: number | undefined;
}

interface DeleteElementOperation extends Pick<AddElementOperation, 'set' | 'element' | 'freeBits'> {
  readonly kind: 'delete-element';
}

/** What may be written by the text that names it, many in one record. */
export type KeyKind =
  | 'add-element'
  | 'delete-element'
  | 'bind-address'
  | 'unbind-address'
  | 'bind-route'
  | 'unbind-route';

/**
 * Of how many parts a key is that is an address; a frontend has a port, a protocol where its set is of several, and
 * perhaps clients.
 */
export const ADDRESS_PARTS = 1;

/** Bytes for each set that spellSets() is asked for. */
export const LAYOUT_SIZE = 3;

/** Deletes conntrack entries with this original destination whose replies come from this real server. */
export interface ForgetFlowsOperation {
  readonly kind: 'forget-flows';
  readonly key: AddressKey;
  /** Absent: every server. */
  readonly address?: Address | undefined;
  /** 0 or absent: every port. */
  readonly port?: number | undefined;
}

/** Totals since the virtual server was made. 64 bits in the kernel; beyond 2^53 the last digits are lost here. */
export interface Counters {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** The settings of a virtual server as the kernel spells them. */
export interface ServiceSettings {
  readonly scheduler: string;
  /** IP_VS_SVC_F_*, without the kernel's own IP_VS_SVC_F_HASHED. */
  readonly flags: number;
  /** Persistence timeout in seconds; the kernel reports one even without the persistent flag. */
  readonly timeout: number;
}

export interface ServerSettingsRecord extends ServiceSettings {
  readonly key: ServerKey;
}

export interface VirtualServerRecord extends ServerSettingsRecord {
  /** Of the persistence mask: 32 or 128 in all that we make; undefined where the mask is no prefix. */
  readonly prefixLength: number | undefined;
  readonly counters: Counters;
}

export interface RealServerRecord {
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
  /** IP_VS_CONN_F_*: 0 masquerading, 1 local node, 2 tunnel, 3 direct routing, 4 bypass. */
  readonly forwarding: number;
  /** Connections now: established; closing and idle. */
  readonly active: number;
  readonly inactive: number;
  /** Connections at which the kernel stops to use the server; 0 never. */
  readonly upperThreshold: number;
}

/** Absent, present and unknown are three answers. */
export type LookAnswer =
  | {
      readonly kind: 'present';
      readonly server: VirtualServerRecord;
      readonly realServers: readonly RealServerRecord[];
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly errno: number };

export interface AddressRecord {
  readonly address: Address;
  readonly prefixLength: number;
  /** A local route of ours or a gateway, not an address of a device. */
  readonly isRoute: boolean;
}

export interface ElementRecord {
  /** The raw key; a view of the dump's buffer. */
  readonly element: Uint8Array;
  /** Empty where there is none. */
  readonly comment: string;
  /** The value where the set is a map to firewall marks, else 0. */
  readonly mark: number;
  /** NFT_SET_ELEM_*: 1 marks the open end of an interval. */
  readonly flags: number;
  /** Where the set holds ranges: how many bits at the end of the element may have any value; else undefined. */
  readonly freeBits: number | undefined;
}

/** Up to 512 addresses that are bound in one way, which the addon has spelled. */
export interface SpelledBindings {
  /** As of an AddressRecord. */
  readonly isRoute: boolean;
  readonly addresses: readonly Address[];
}

/** Up to 512 virtual servers, which the addon has spelled; the lists are as long as one another, but for `settings`. */
export interface SpelledVirtualServers {
  /** Those that occur. */
  readonly settings: readonly ServiceSettings[];
  /** Of each virtual server which of them are its own. */
  readonly kinds: readonly number[];
  /** The key of its frontend; `IPv4 7`, `IPv6 7` where a mark of that family is its key. */
  readonly names: readonly string[];
  /**
   * Its real servers as `RealServers.evenText`, empty where there are none, or where they have several ports or weights, a
   * threshold or another way than masquerading.
   */
  readonly servers: readonly string[];
  /** How many of its real servers have records: all where one has connections or the text says not all; else none. */
  readonly records?: readonly number[];
}

/** Up to 512 elements of one set, which the addon has spelled; the lists are as long as one another. */
export type SpelledElements = SpelledAddresses | SpelledFrontends;

export interface SpelledAddresses {
  /** Index into the sets given to the handle. */
  readonly set: number;
  readonly keys: readonly Address[];
}

export interface SpelledFrontends {
  readonly set: number;
  /** Of them all. */
  readonly protocol: Protocol;
  /** As frontend() spells them. */
  readonly keys: readonly FrontendKey[];
  readonly ports: readonly number[];
  /** Where keys have a range of clients too: `10.0.0.0/8`, `fd00::/64`. */
  readonly sources?: readonly string[];
  /** The values where the set is a map to firewall marks; absent where all are 0. */
  readonly marks?: readonly number[];
  /** Absent where all are empty. */
  readonly comments?: readonly string[];
}

/**
 * A tracked flow that somebody balances: its replies come from elsewhere than where its client sent to. Addresses are
 * texts only once they are asked for: there may be a hundred thousand flows.
 */
export interface FlowRecord {
  readonly family: Family;
  /** Undefined for one that no Service has. */
  readonly protocol: Protocol | undefined;
  readonly source: Address;
  readonly destination: Address;
  readonly destinationPort: number;
  /** The real server. */
  readonly replySource: Address;
  readonly replySourcePort: number;
  /** To whom the server answers: the client, or whoever stands for it, at the port that it was given. */
  readonly replyDestination: Address;
  readonly replyDestinationPort: number;
  /** FLOW_STATUS and others. */
  readonly status: number;
  /** The same for flows that differ in nothing but the client and the ports on its side; no text to show. */
  readonly way: string;
}

/** IPS_*, include/uapi/linux/netfilter/nf_conntrack_common.h */
export const FLOW_STATUS = { answered: 1 << 1, sourceTranslated: 1 << 4 } as const;

/** What somebody did to our device or our routes; our own unbinding is reported too. */
export type ChangeRecord =
  | { readonly kind: 'address-removed'; readonly address: Address; readonly isRoute: boolean }
  | { readonly kind: 'device-removed' }
  /** Notifications were lost: only a full look tells what happened. */
  | { readonly kind: 'overrun' }
  /** An address or a link other than ours changed: the node's own addresses may be others now. */
  | { readonly kind: 'node-addresses' };
