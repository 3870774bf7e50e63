import { type Address, writeAddress } from '../../model/address.js';
import type { EvenRealServers } from '../../model/real-server.js';
import {
  type AddElementOperation,
  FAMILY_NUMBERS,
  type KernelOperation,
  type KeyKind,
  LITTLE_ENDIAN,
  PROTOCOL_NUMBERS,
  type RealServerOperation,
  type ServerKey,
  type VirtualServerOperation,
} from './records.js';

export interface EncodedOperations {
  /** The records, and behind them the text they point to. */
  readonly buffer: Uint8Array;
  readonly count: number;
}

const RECORD_SIZE = 80;
/** As much of a real server's record as its virtual server is known by, with what every real server writes anew. */
const KEY_SIZE = 40;
const ELEMENT_SIZE = 48;
const IPV4_SIZE = 4;
const SCHEDULER_LENGTH = 15;

// No more than 127 bytes of a comment are kept, so no more than 127 UTF-16 units of it can count.
const COMMENT_LENGTH = 128;
const UTF8_BYTES = 3;

const KINDS = {
  'add-virtual-server': 1,
  'set-virtual-server': 2,
  'delete-virtual-server': 3,
  'add-real-server': 4,
  'set-real-server': 5,
  'delete-real-server': 6,
  'bind-address': 7,
  'unbind-address': 8,
  'add-element': 9,
  'delete-element': 10,
  'forget-flows': 11,
  'bind-route': 12,
  'unbind-route': 13,
} as const satisfies Record<KernelOperation['kind'], number>;

const ADD_REAL_SERVERS = 14;
/** In the place of the set. */
const BY_RANK = 1;
const LONGEST_TEXT = 0xffff;
/** UTF-16 units; with one key more they are no longer than that, whatever characters they are. */
const LONG_LIST = 20_000;

// Takes the place of the family, which an element has none of.
const RANGE = 1;

const TEXT = new TextEncoder();

/**
 * Memory for records that is used again by the next that are encoded into it: touching fresh pages takes longer than
 * filling them.
 */
export class RecordSpace {
  #bytes = new Uint8Array(0);

  /** Zeros, as many as there are at least; what was in `used` before stays. */
  take(size: number, used = 0): Uint8Array {
    const before = this.#bytes;
    if (before.length < size) {
      this.#bytes = new Uint8Array(size);
      this.#bytes.set(before.subarray(0, used));
    } else this.#bytes.fill(0, used);
    return this.#bytes;
  }
}

export function encodeOperations(operations: readonly KernelOperation[]): EncodedOperations {
  const encoder = new OperationEncoder(operations.length);
  for (const operation of operations) encoder.push(operation);
  return encoder.finish();
}

/** Keys to look up: only what identifies the virtual server is filled in. */
export function encodeKeys(keys: readonly ServerKey[]): EncodedOperations {
  return encodeOperations(keys.map((key) => ({ kind: 'delete-virtual-server', key })));
}

interface Text {
  /** Where the record begins that has it. */
  readonly record: number;
  readonly text: string;
}

/** Keys of one kind and set on their way into one record. */
interface KeyList {
  readonly kind: KeyKind;
  readonly set: number;
  readonly record: number;
  readonly texts: string[];
  /** UTF-16 units of all of them. */
  length: number;
}

/** Writes each operation into the buffer at once, so that no list of them is needed. */
export class OperationEncoder {
  readonly #space: RecordSpace;
  readonly #texts: Text[] = [];
  #bytes: Uint8Array;
  #view: DataView;
  #offset = 0;
  #count = 0;
  #answers = 0;
  /** Of the record before, where that is of a real server. */
  #serverKey: ServerKey | undefined;
  /** The record before, where that lists keys. */
  #list: KeyList | undefined;

  /** `count`: about how many there will be. */
  constructor(count: number, space = new RecordSpace()) {
    this.#space = space;
    this.#bytes = space.take(count * RECORD_SIZE);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many answers the records have. */
  get answers(): number {
    return this.#answers;
  }

  finish(): EncodedOperations {
    this.#endList();
    const whole = this.#texts.map(({ text }) => text).join('');
    this.#reserve(this.#offset + whole.length * UTF8_BYTES);
    const { written } = TEXT.encodeInto(whole, this.#bytes.subarray(this.#offset));
    // Nearly always all of it is ASCII.
    const isPlain = written === whole.length;
    for (const { record, text } of this.#texts) {
      const size = isPlain ? text.length : Buffer.byteLength(text);
      this.#view.setUint32(record + 72, this.#offset, LITTLE_ENDIAN);
      this.#view.setUint16(record + 76, size, LITTLE_ENDIAN);
      this.#offset += size;
    }
    return { buffer: this.#bytes.subarray(0, this.#offset), count: this.#count };
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    this.#bytes = this.#space.take(size, this.#offset);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /**
   * Writes the record of a real server that is added or set without an object for it. False where it is of another
   * family than its virtual server: nothing is written then.
   */
  pushRealServer(
    kind: 'add-real-server' | 'set-real-server',
    key: ServerKey,
    address: Address,
    port: number,
    weight: number,
    upperThreshold: number,
    forwarding = 0,
  ): boolean {
    this.#begin();
    const bytes = this.#bytes;
    const view = this.#view;
    const at = this.#offset;
    if (key === this.#serverKey) bytes.copyWithin(at, at - RECORD_SIZE, at - RECORD_SIZE + KEY_SIZE);
    else writeKey(key, bytes, view, at);
    if (!writeServerAddress(address, bytes, at)) {
      bytes.fill(0, at, at + RECORD_SIZE);
      return false;
    }
    bytes[at + 3] = forwarding;
    view.setUint16(at + 6, port, LITTLE_ENDIAN);
    view.setUint32(at + 16, upperThreshold, LITTLE_ENDIAN);
    view.setInt32(at + 20, weight, LITTLE_ENDIAN);
    this.#close(KINDS[kind], key);
    return true;
  }

  /**
   * Writes one record for real servers that have one port and one weight: the addon makes one for each of them, since a
   * loop over the characters of an address takes many times longer here. Each has its answer, also what is of another
   * family than the virtual server.
   */
  pushRealServers(key: ServerKey, servers: EvenRealServers, upperThreshold: number): boolean {
    const { addresses, port, weight, order } = servers;
    const text = addresses.join();
    if (text.length > LONGEST_TEXT) return false;
    this.#begin();
    const view = this.#view;
    const at = this.#offset;
    writeKey(key, this.#bytes, view, at);
    view.setUint16(at + 6, port, LITTLE_ENDIAN);
    view.setUint32(at + 16, upperThreshold, LITTLE_ENDIAN);
    view.setInt32(at + 20, weight, LITTLE_ENDIAN);
    if (order !== undefined) {
      view.setInt32(at + 12, order.seed, LITTLE_ENDIAN);
      view.setUint16(at + 78, BY_RANK, LITTLE_ENDIAN);
    }
    this.#texts.push({ record: at, text });
    this.#close(ADD_REAL_SERVERS, undefined);
    this.#answers += addresses.length - 1;
    return true;
  }

  /**
   * Writes an element or an address by the text that names it. Neighbours share a record, of which the addon makes one for
   * each: nothing is made of one here but a longer text.
   */
  pushKey(kind: KeyKind, set: number, parts: number, name: string, comment = ''): void {
    const key = comment === '' ? name : `${name} ${comment.slice(0, COMMENT_LENGTH)}`;
    const list = this.#list;
    if (list !== undefined && list.kind === kind && list.set === set && list.length < LONG_LIST) {
      list.texts.push(key);
      list.length += key.length + 1;
      this.#answers++;
      return;
    }
    this.#begin();
    const at = this.#offset;
    this.#view.setUint32(at + 12, parts, LITTLE_ENDIAN);
    this.#view.setUint16(at + 78, set, LITTLE_ENDIAN);
    this.#close(KINDS[kind], undefined);
    this.#list = { kind, set, record: at, texts: [key], length: key.length };
  }

  #endList(): void {
    if (this.#list === undefined) return;
    const { record, texts } = this.#list;
    this.#texts.push({ record, text: texts.join('\n') });
    this.#list = undefined;
  }

  #begin(): void {
    this.#endList();
    if (this.#offset + RECORD_SIZE > this.#bytes.length)
      this.#reserve(Math.max(RECORD_SIZE, 2 * this.#offset));
  }

  #close(kind: number, serverKey: ServerKey | undefined): void {
    this.#bytes[this.#offset] = kind;
    this.#serverKey = serverKey;
    this.#offset += RECORD_SIZE;
    this.#count++;
    this.#answers++;
  }

  push(operation: KernelOperation): void {
    if ('weight' in operation) this.#pushWholeServer(operation);
    else this.#pushOther(operation);
  }

  #pushWholeServer(operation: RealServerOperation): void {
    const { kind, key, address, port, weight, upperThreshold, forwarding } = operation;
    if (!this.pushRealServer(kind, key, address, port, weight, upperThreshold ?? 0, forwarding))
      throw otherFamily(address);
  }

  #pushOther(operation: Exclude<KernelOperation, RealServerOperation>): void {
    this.#begin();
    const bytes = this.#bytes;
    const view = this.#view;
    const at = this.#offset;
    switch (operation.kind) {
      case 'add-virtual-server':
      case 'set-virtual-server':
        writeKey(operation.key, bytes, view, at);
        writeSettings(operation, bytes, view, at);
        break;
      case 'delete-virtual-server':
        writeKey(operation.key, bytes, view, at);
        break;
      case 'delete-real-server':
        writeKey(operation.key, bytes, view, at);
        writeRealServer(operation, bytes, view, at);
        break;
      case 'bind-address':
      case 'unbind-address':
      case 'bind-route':
      case 'unbind-route':
        writeFamilyAndAddress(operation.address, bytes, at);
        break;
      case 'add-element':
        writeElement(operation, bytes, view, at);
        view.setUint32(at + 8, operation.mark ?? 0, LITTLE_ENDIAN);
        if (operation.comment)
          this.#texts.push({ record: at, text: operation.comment.slice(0, COMMENT_LENGTH) });
        break;
      case 'delete-element':
        writeElement(operation, bytes, view, at);
        break;
      case 'forget-flows':
        writeKey(operation.key, bytes, view, at);
        if (operation.address !== undefined)
          writeRealServer({ address: operation.address, port: operation.port ?? 0 }, bytes, view, at);
        break;
      default:
        operation satisfies never;
    }
    this.#close(KINDS[operation.kind], undefined);
  }
}

function writeKey(key: ServerKey, bytes: Uint8Array, view: DataView, at: number): void {
  if ('family' in key) {
    bytes[at + 1] = FAMILY_NUMBERS[key.family];
    view.setUint32(at + 8, key.mark, LITTLE_ENDIAN);
    return;
  }
  writeFamilyAndAddress(key.address, bytes, at);
  bytes[at + 2] = PROTOCOL_NUMBERS[key.protocol];
  view.setUint16(at + 4, key.port, LITTLE_ENDIAN);
}

function writeFamilyAndAddress(address: Address, bytes: Uint8Array, at: number): void {
  const size = writeAddress(address, bytes, at + 24);
  bytes[at + 1] = size === IPV4_SIZE ? FAMILY_NUMBERS.IPv4 : FAMILY_NUMBERS.IPv6;
}

// A record has one family. (The kernel mixes them only where it tunnels.)
function writeServerAddress(address: Address, bytes: Uint8Array, at: number): boolean {
  const size = writeAddress(address, bytes, at + 40);
  return (size === IPV4_SIZE) === (bytes[at + 1] === FAMILY_NUMBERS.IPv4);
}

function otherFamily(address: Address): RangeError {
  return new RangeError(`${address} is not of the family of its virtual server`);
}

function writeRealServer(
  { address, port }: { readonly address: Address; readonly port: number },
  bytes: Uint8Array,
  view: DataView,
  at: number,
): void {
  if (!writeServerAddress(address, bytes, at)) throw otherFamily(address);
  view.setUint16(at + 6, port, LITTLE_ENDIAN);
}

function writeSettings(
  { scheduler, flags, timeout }: VirtualServerOperation,
  bytes: Uint8Array,
  view: DataView,
  at: number,
): void {
  view.setUint32(at + 12, flags, LITTLE_ENDIAN);
  view.setUint32(at + 16, timeout, LITTLE_ENDIAN);
  const length = Math.min(scheduler.length, SCHEDULER_LENGTH);
  for (let index = 0; index < length; index++) bytes[at + 56 + index] = scheduler.charCodeAt(index);
}

function writeElement(
  { set, element, freeBits }: Pick<AddElementOperation, 'set' | 'element' | 'freeBits'>,
  bytes: Uint8Array,
  view: DataView,
  at: number,
): void {
  if (element.length > ELEMENT_SIZE) throw new RangeError(`a set element of ${element.length} bytes`);
  if (freeBits !== undefined) {
    bytes[at + 1] = RANGE;
    bytes[at + 2] = freeBits;
  }
  bytes[at + 3] = element.length;
  bytes.set(element, at + 24);
  view.setUint16(at + 78, set, LITTLE_ENDIAN);
}
