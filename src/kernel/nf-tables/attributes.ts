/** Netlink attributes (include/uapi/linux/netlink.h) as bytes: length, type, value, padded to 4 bytes. */

import { LITTLE_ENDIAN } from '../native/records.js';

const HEADER_SIZE = 4;
const NESTED = 0x8000;

export function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = withHeader(type, value.length);
  copy(value, bytes, HEADER_SIZE);
  return bytes;
}

export function nested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  const bytes = withHeader(type | NESTED, total(attributes));
  copyAll(attributes, bytes, HEADER_SIZE);
  return bytes;
}

/** NFTA_LIST_ELEM: what a list holds, whatever it is a list of. */
export const LIST_ELEMENT = 1;

/** NFTA_DATA_VALUE */
export function data(value: Uint8Array): Uint8Array {
  return attribute(1, value);
}

/** nf_tables has its own numbers in network order. */
export function number32(type: number, value: number): Uint8Array {
  const bytes = withHeader(type, 4);
  bytes[4] = value >>> 24;
  bytes[5] = value >>> 16;
  bytes[6] = value >>> 8;
  bytes[7] = value;
  return bytes;
}

export function number64(type: number, value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return attribute(type, bytes);
}

function withHeader(type: number, size: number): Uint8Array {
  const length = HEADER_SIZE + size;
  const bytes = new Uint8Array(padded(length));
  bytes[LITTLE_ENDIAN ? 0 : 1] = length;
  bytes[LITTLE_ENDIAN ? 1 : 0] = length >> 8;
  bytes[LITTLE_ENDIAN ? 2 : 3] = type;
  bytes[LITTLE_ENDIAN ? 3 : 2] = type >> 8;
  return bytes;
}

/** Ends with a NUL. */
export function text(type: number, value: string): Uint8Array {
  const bytes = withHeader(type, value.length + 1);
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code > LAST_OF_ASCII) return attribute(type, encoder.encode(`${value}\0`));
    bytes[HEADER_SIZE + index] = code;
  }
  return bytes;
}

// A call of the encoder takes as long as writing some hundred characters, and the rules have a thousand names.
const encoder = new TextEncoder();
const LAST_OF_ASCII = 0x7f;

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

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(total(parts));
  copyAll(parts, bytes, 0);
  return bytes;
}

function total(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const { length } of parts) sum += length;
  return sum;
}

function copyAll(parts: readonly Uint8Array[], target: Uint8Array, start: number): void {
  let offset = start;
  for (const part of parts) {
    copy(part, target, offset);
    offset += part.length;
  }
}

/** Below that a loop is faster than a call of set(), in code that runs for the first time. */
const SHORT = 8;

function copy(source: Uint8Array, target: Uint8Array, offset: number): void {
  if (source.length > SHORT) target.set(source, offset);
  else for (let index = 0; index < source.length; index++) target[offset + index] = source[index] ?? 0;
}
