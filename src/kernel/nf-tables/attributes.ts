/** Netlink attributes (include/uapi/linux/netlink.h) as bytes: length, type, value, padded to 4 bytes. */

import { LITTLE_ENDIAN } from '../native/records.js';

const HEADER_SIZE = 4;
const NESTED = 0x8000;

export function attribute(type: number, value: Uint8Array): Uint8Array {
  const length = HEADER_SIZE + value.length;
  const bytes = new Uint8Array(padded(length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, LITTLE_ENDIAN);
  view.setUint16(2, type, LITTLE_ENDIAN);
  bytes.set(value, HEADER_SIZE);
  return bytes;
}

export function nested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return attribute(type | NESTED, joined(attributes));
}

/** nf_tables has its own numbers in network order. */
export function number32(type: number, value: number): Uint8Array {
  return attribute(type, networkOrder32(value));
}

/** Ends with a NUL. */
export function text(type: number, value: string): Uint8Array {
  return attribute(type, encoder.encode(`${value}\0`));
}

const encoder = new TextEncoder();

export function networkOrder16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

export function networkOrder32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0);
  return bytes;
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
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
