import { type Address, type Family, formatAddress } from '../../model/address.js';
import type { Protocol } from '../../model/protocol.js';
import {
  type AddressRecord,
  type ChangeRecord,
  type Counters,
  type ElementRecord,
  FAMILY_NUMBERS,
  type FlowRecord,
  LITTLE_ENDIAN,
  type LookAnswer,
  PROTOCOL_NUMBERS,
  type RealServerRecord,
  type ServerKey,
  type VirtualServerRecord,
} from './records.js';

const HEADER_SIZE = 16;
const SCHEDULER_SIZE = 16;
const NO_PREFIX = 255;
const CHANGE_KINDS = ['address-removed', 'device-removed', 'overrun', 'node-addresses'] as const;
const DECODER = new TextDecoder();

const PROTOCOL_NAMES: ReadonlyMap<number, Protocol> = new Map(
  (Object.keys(PROTOCOL_NUMBERS) as Protocol[]).map((name) => [PROTOCOL_NUMBERS[name], name]),
);

export function decodeVirtualServers(answer: ArrayBuffer): VirtualServerRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => reader.virtualServer(offset));
}

export function decodeLookAnswers(answer: ArrayBuffer): LookAnswer[] {
  const reader = new AnswerReader(answer);
  return reader.looks((offset, first, count) => reader.lookAnswer(offset, first, count));
}

/**
 * The same, but undefined for what is there and `isKnown`: it is asked with the answer's place and a digest (an integer below 2^53) of all that is
 * set in it: no connections, no counters. To digest an answer costs a fiftieth of decoding it.
 */
export function decodeUnknownLookAnswers(
  answer: ArrayBuffer,
  isKnown: (index: number, digest: number) => boolean,
): (LookAnswer | undefined)[] {
  const reader = new AnswerReader(answer);
  let index = 0;
  return reader.looks((offset, first, count) => {
    const place = index++;
    const isPresent = reader.int32(offset) > 0;
    if (isPresent && isKnown(place, reader.lookDigest(offset, first, count))) return undefined;
    return reader.lookAnswer(offset, first, count);
  });
}

export function decodeAddresses(answer: ArrayBuffer): AddressRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => ({
    address: reader.address(offset + 4, reader.uint8(offset)),
    prefixLength: reader.uint8(offset + 1),
  }));
}

export function decodeElements(answer: ArrayBuffer): ElementRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => ({
    element: reader.bytes(offset + 16, reader.uint8(offset)),
    comment: reader.extraText(reader.uint32(offset + 4), reader.uint16(offset + 2)),
    mark: reader.uint32(offset + 8),
    flags: reader.uint32(offset + 12),
    freeBits: freeBitsOf(reader.uint8(offset + 1)),
  }));
}

// One more than the number of bits; 0 where the element is no range.
function freeBitsOf(byte: number): number | undefined {
  return byte === 0 ? undefined : byte - 1;
}

export function decodeFlows(answer: ArrayBuffer): FlowRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => new Flow(reader, offset));
}

/** Reads of the answer only what it is asked for. */
class Flow implements FlowRecord {
  readonly #reader: AnswerReader;
  readonly #offset: number;

  constructor(reader: AnswerReader, offset: number) {
    this.#reader = reader;
    this.#offset = offset;
  }

  get family(): Family {
    return this.#reader.uint8(this.#offset) === FAMILY_NUMBERS.IPv4 ? 'IPv4' : 'IPv6';
  }

  get protocol(): Protocol | undefined {
    return PROTOCOL_NAMES.get(this.#reader.uint8(this.#offset + 1));
  }

  get source(): Address {
    return this.#address(16);
  }

  get destination(): Address {
    return this.#address(32);
  }

  get destinationPort(): number {
    return this.#reader.uint16(this.#offset + 4);
  }

  get replySource(): Address {
    return this.#address(48);
  }

  get replySourcePort(): number {
    return this.#reader.uint16(this.#offset + 6);
  }

  get replyDestination(): Address {
    return this.#address(64);
  }

  get replyDestinationPort(): number {
    return this.#reader.uint16(this.#offset + 8);
  }

  get status(): number {
    return this.#reader.uint32(this.#offset + 12);
  }

  // Family and protocol; the two ports of the service; then its address, the server's, and to whom that answers.
  get way(): string {
    const [reader, offset] = [this.#reader, this.#offset];
    return reader.latin1(offset, 2) + reader.latin1(offset + 4, 4) + reader.latin1(offset + 32, 48);
  }

  #address(from: number): Address {
    return this.#reader.address(this.#offset + from, this.#reader.uint8(this.#offset));
  }
}

export function decodeChanges(answer: ArrayBuffer): ChangeRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset): ChangeRecord => {
    const kind = CHANGE_KINDS[reader.uint8(offset) - 1] ?? 'overrun';
    if (kind !== 'address-removed') return { kind };
    return { kind, address: reader.address(offset + 4, reader.uint8(offset + 1)) };
  });
}

/** Two multiplicative hashes (FNV-1a and one with another prime) of 32-bit words, joined to 52 bits. */
class Digest {
  #first = 0x811c_9dc5;
  #second = 0x9747_b28c;

  add(word: number): void {
    this.#first = Math.imul(this.#first ^ word, 0x0100_0193);
    this.#second = Math.imul(this.#second ^ word, 0x85eb_ca6b) ^ (this.#second >>> 13);
  }

  get value(): number {
    return (this.#first >>> 0) * 2 ** 20 + (this.#second >>> 12);
  }
}

// Reads an answer: header, records, extra items. It steps by the sizes that the header states.
class AnswerReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #recordSize: number;
  readonly #count: number;
  readonly #extraSize: number;
  readonly #extraStart: number;

  constructor(answer: ArrayBuffer) {
    this.#view = new DataView(answer);
    this.#bytes = new Uint8Array(answer);
    this.#buffer = Buffer.from(answer);
    this.#recordSize = this.uint32(0);
    this.#count = this.uint32(4);
    this.#extraSize = this.uint32(8);
    this.#extraStart = HEADER_SIZE + this.#recordSize * this.#count;
  }

  records<Item>(decode: (offset: number) => Item): Item[] {
    const items: Item[] = [];
    for (let offset = HEADER_SIZE; offset < this.#extraStart; offset += this.#recordSize)
      items.push(decode(offset));
    return items;
  }

  /** The records of a look, each with the range of its extra items. */
  looks<Item>(decode: (offset: number, first: number, count: number) => Item): Item[] {
    let next = 0;
    return this.records((offset) => {
      const count = this.int32(offset) > 0 ? this.uint32(offset + 4) : 0;
      next += count;
      return decode(offset, next - count, count);
    });
  }

  lookAnswer(offset: number, first: number, count: number): LookAnswer {
    const presence = this.int32(offset);
    if (presence < 0) return { kind: 'unknown', errno: presence };
    if (presence === 0) return { kind: 'absent' };
    const server = this.virtualServer(offset + 8);
    const realServers = Array.from({ length: count }, (_, index) => this.realServer(first + index));
    return { kind: 'present', server, realServers };
  }

  lookDigest(offset: number, first: number, count: number): number {
    const digest = new Digest();
    // Presence, number of real servers, and the virtual server up to its counters.
    this.#digest(digest, offset, 8 + 56);
    for (let index = first; index < first + count; index++) {
      const item = this.#extraStart + index * this.#extraSize;
      // Family, forwarding, port, weight; then the address.
      this.#digest(digest, item, 8);
      this.#digest(digest, item + 32, 16);
    }
    return digest.value;
  }

  #digest(digest: Digest, start: number, size: number): void {
    for (let offset = start; offset < start + size; offset += 4) digest.add(this.uint32(offset));
  }

  uint8(offset: number): number {
    return this.#view.getUint8(offset);
  }

  uint16(offset: number): number {
    return this.#view.getUint16(offset, LITTLE_ENDIAN);
  }

  uint32(offset: number): number {
    return this.#view.getUint32(offset, LITTLE_ENDIAN);
  }

  int32(offset: number): number {
    return this.#view.getInt32(offset, LITTLE_ENDIAN);
  }

  bytes(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }

  latin1(offset: number, length: number): string {
    return this.#buffer.toString('latin1', offset, offset + length);
  }

  address(offset: number, family: number): Address {
    return formatAddress(this.bytes(offset, family === FAMILY_NUMBERS.IPv4 ? 4 : 16));
  }

  extraText(offset: number, length: number): string {
    return length === 0 ? '' : DECODER.decode(this.bytes(this.#extraStart + offset, length));
  }

  virtualServer(offset: number): VirtualServerRecord {
    const prefixLength = this.uint8(offset + 48);
    return {
      key: this.#key(offset),
      scheduler: this.#text(offset + 32, SCHEDULER_SIZE),
      flags: this.uint32(offset + 8),
      timeout: this.uint32(offset + 12),
      prefixLength: prefixLength === NO_PREFIX ? undefined : prefixLength,
      counters: this.#counters(offset + 56),
    };
  }

  realServer(index: number): RealServerRecord {
    const offset = this.#extraStart + index * this.#extraSize;
    return {
      address: this.address(offset + 32, this.uint8(offset)),
      port: this.uint16(offset + 2),
      weight: this.int32(offset + 4),
      forwarding: this.uint8(offset + 1),
      active: this.uint32(offset + 8),
      inactive: this.uint32(offset + 12),
      persistent: this.uint32(offset + 16),
      upperThreshold: this.uint32(offset + 20),
      lowerThreshold: this.uint32(offset + 24),
      counters: this.#counters(offset + 48),
    };
  }

  #key(offset: number): ServerKey {
    const family = this.uint8(offset);
    const mark = this.uint32(offset + 4);
    if (mark !== 0) return { family: family === FAMILY_NUMBERS.IPv4 ? 'IPv4' : 'IPv6', mark };
    const protocol = PROTOCOL_NAMES.get(this.uint8(offset + 1));
    if (protocol === undefined) throw new RangeError(`IPVS protocol ${this.uint8(offset + 1)}`);
    return { address: this.address(offset + 16, family), port: this.uint16(offset + 2), protocol };
  }

  // ASCII up to the first NUL.
  #text(offset: number, size: number): string {
    const bytes = this.bytes(offset, size);
    const end = bytes.indexOf(0);
    return String.fromCharCode(...bytes.subarray(0, end < 0 ? size : end));
  }

  #counters(offset: number): Counters {
    return {
      connections: this.#uint64(offset),
      inPackets: this.#uint64(offset + 8),
      outPackets: this.#uint64(offset + 16),
      inBytes: this.#uint64(offset + 24),
      outBytes: this.#uint64(offset + 32),
      connectionRate: this.#uint64(offset + 40),
      inPacketRate: this.#uint64(offset + 48),
      outPacketRate: this.#uint64(offset + 56),
      inByteRate: this.#uint64(offset + 64),
      outByteRate: this.#uint64(offset + 72),
    };
  }

  // Twice as fast as getBigUint64 and Number().
  #uint64(offset: number): number {
    const first = this.uint32(offset);
    const second = this.uint32(offset + 4);
    return LITTLE_ENDIAN ? second * 2 ** 32 + first : first * 2 ** 32 + second;
  }
}
