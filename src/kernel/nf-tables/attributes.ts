import { LITTLE_ENDIAN } from '../native/records.js';

/**
 * Netlink attributes (include/uapi/linux/netlink.h): length, type, value, padded to 4 bytes. Each character is one byte,
 * as latin1 has it: V8 joins texts without copying them, while an array of bytes for each of some thousand attributes,
 * copied on each level of nesting, took half of what a start needs to make the node ready.
 */
export type Encoded = string & { readonly __brand: 'Encoded' };

const HEADER_SIZE = 4;
const NESTED = 0x8000;
const PADDING = ['', '\0', '\0\0', '\0\0\0'] as const;

export function attribute(type: number, value: Encoded): Encoded {
  const { length } = value;
  return `${header(type, length)}${value}${PADDING[-length & 3]}` as Encoded;
}

export function nested(type: number, ...attributes: readonly Encoded[]): Encoded {
  const value = joined(attributes);
  return `${header(type | NESTED, value.length)}${value}` as Encoded;
}

/** NFTA_LIST_ELEM: what a list holds, whatever it is a list of. */
export const LIST_ELEMENT = 1;

/** NFTA_DATA_VALUE */
export function data(value: Uint8Array): Encoded {
  return attribute(1, encoded(value));
}

/** nf_tables has its own numbers in network order. */
export function number32(type: number, value: number): Encoded {
  return `${header(type, 4)}${String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)}` as Encoded;
}

export function number64(type: number, value: bigint): Encoded {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return attribute(type, encoded(bytes));
}

function header(type: number, size: number): string {
  const length = HEADER_SIZE + size;
  return LITTLE_ENDIAN
    ? String.fromCharCode(length & 0xff, length >> 8, type & 0xff, type >> 8)
    : String.fromCharCode(length >> 8, length & 0xff, type >> 8, type & 0xff);
}

/** Ends with a NUL. */
export function text(type: number, value: string): Encoded {
  return attribute(type, encodedText(value));
}

/** UTF-8, with a NUL behind it. */
export function encodedText(value: string): Encoded {
  const isPlain = Buffer.byteLength(value) === value.length;
  return `${isPlain ? value : Buffer.from(value).toString('latin1')}\0` as Encoded;
}

export function networkOrder16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** As the kernel keeps marks, priorities and conntrack's states. */
export function hostOrder32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, LITTLE_ENDIAN);
  return bytes;
}

export function padded(length: number): number {
  return (length + 3) & ~3;
}

export function encoded(bytes: Uint8Array): Encoded {
  return String.fromCharCode(...bytes) as Encoded;
}

export function joined(parts: readonly Encoded[]): Encoded {
  let whole = '';
  for (const part of parts) whole += part;
  return whole as Encoded;
}

export function bytesOf(whole: Encoded): Uint8Array {
  return new Uint8Array(Buffer.from(whole, 'latin1'));
}
