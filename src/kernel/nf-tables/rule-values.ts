import type { Family } from '../../model/address.js';
import type { Cidr } from '../../model/cidr.js';

/**
 * Rules as values, in nft's terms. What each of them is to the kernel stands in rule-encoder.ts; a word that is missing
 * is added in both.
 */
export type Rule = readonly Statement[];

/** A rule ends at the first statement that does not match. */
export type Statement =
  /** `field == value`, of the bits of `mask` only. */
  | {
      readonly kind: 'compare';
      readonly field: Field;
      readonly value: Uint8Array;
      readonly mask?: Uint8Array;
      readonly unlike?: boolean;
    }
  /** At least one of these bits, of a field of 4 bytes in host order. */
  | { readonly kind: 'any-bit'; readonly field: Field; readonly bits: number }
  /** Fields, side by side, that are in a set, or not. */
  | {
      readonly kind: 'lookup';
      readonly fields: readonly Field[];
      readonly set: string | ConstantSet;
      readonly absent?: boolean;
    }
  /** Puts fields into a set that remembers; an element lasts for so many seconds from the last time. */
  | {
      readonly kind: 'remember';
      readonly fields: readonly Field[];
      readonly set: string;
      readonly seconds: number;
    }
  | { readonly kind: 'assign'; readonly to: Assignable; readonly value: Value }
  /** Into the packet itself: bytes, or another field of the same length. */
  | {
      readonly kind: 'write';
      readonly to: HeaderField;
      readonly value: Uint8Array | Field;
      /** Where the header has a checksum over these bytes. */
      readonly checksumAt?: number;
      /** The checksum of the transport header is over these bytes too. */
      readonly isInPseudoHeader?: boolean;
    }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'reject'; readonly answer: 'tcp-reset' | 'port-unreachable' }
  | { readonly kind: 'masquerade'; readonly ports: PortRange }
  /** To the address that a field holds. */
  | { readonly kind: 'dnat'; readonly family: Family; readonly to: Field };

export type Verdict =
  | { readonly to: 'accept' | 'drop' | 'return' }
  | { readonly to: 'jump' | 'goto'; readonly chain: string };

/** What a packet carries and a rule may write. */
export type Assignable = 'mark' | 'priority';

export type Value =
  | { readonly constant: number }
  | { readonly field: Field }
  /** The value that a map has for these keys; where it has none, the rule ends. */
  | { readonly map: string; readonly keys: readonly Field[] };

/** First and last, both included. */
export type PortRange = readonly [number, number];

/** What a rule reads of a packet or its connection. */
export type Field =
  | HeaderField
  | { readonly from: 'meta'; readonly key: 'priority' | 'mark' | 'iifname' | 'nfproto' | 'l4proto' }
  | {
      readonly from: 'conntrack';
      readonly key:
        | 'state'
        | 'direction'
        | 'status'
        | 'original ip daddr'
        | 'original ip6 daddr'
        | 'original proto-dst'
        | 'reply ip saddr'
        | 'reply ip6 saddr'
        | 'reply proto-src';
    }
  /** One byte of the socket of this machine that the packet is for; where there is none, the rule ends. */
  | { readonly from: 'socket'; readonly key: 'transparent' };

/** Bytes of a header. With a family, the packet is one of that family, or the rule ends. */
export interface HeaderField {
  readonly from: 'network header' | 'transport header';
  /** In bytes, as `length`. */
  readonly offset: number;
  readonly length: number;
  readonly family?: Family;
}

/** A set that belongs to one rule and never changes. */
export type ConstantSet =
  | { readonly type: DataType; readonly elements: readonly Uint8Array[] }
  /** Of one family. */
  | { readonly ranges: readonly Cidr[] };

export type DataType = 'nf_proto' | 'ipv4_addr' | 'ipv6_addr' | 'inet_proto' | 'inet_service' | 'mark';

/** A named set. Its key has a part for each field that it is asked for. */
export interface SetDeclaration {
  readonly name: string;
  readonly key: readonly DataType[];
  /** Where it is a map: what it maps to. */
  readonly value?: DataType;
  /** The last part may be a range. */
  readonly ranges?: boolean;
  /** Rules put elements into it ('remember'), which go by themselves. */
  readonly remembers?: boolean;
  /** The most elements it may hold. */
  readonly size?: number;
}

export interface ChainDeclaration {
  readonly name: string;
  /** Where packets enter it; other chains are only jumped to. */
  readonly hook?: ChainHook;
}

export interface ChainHook {
  readonly type: 'filter' | 'nat';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
}

/** An element of a named set, as nf_tables lays it out: every part of a key padded to 4 bytes. */
export interface SetElement {
  readonly key: Uint8Array;
  readonly comment?: string;
}
