import { type Address, familyOf, writeAddress } from '../../model/address.js';
import {
  type AddElementOperation,
  FAMILY_NUMBERS,
  type KernelOperation,
  LITTLE_ENDIAN,
  PROTOCOL_NUMBERS,
  type ServerKey,
  type VirtualServerOperation,
} from './records.js';

export interface EncodedOperations {
  /** The records, and behind them the text they point to. */
  readonly buffer: Uint8Array;
  readonly count: number;
}

const RECORD_SIZE = 80;
const ELEMENT_SIZE = 48;
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
} as const satisfies Record<KernelOperation['kind'], number>;

// Takes the place of the family, which an element has none of.
const RANGE = 1;

const ENCODER = new TextEncoder();

/**
 * Memory for records that is used again by the next that are encoded into it: touching fresh pages takes longer than
 * filling them.
 */
export class RecordSpace {
  #bytes = new Uint8Array(0);

  /** So many zeros. */
  take(size: number): Uint8Array {
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size);
    else this.#bytes.fill(0, 0, size);
    return this.#bytes.subarray(0, size);
  }
}

export function encodeOperations(
  operations: readonly KernelOperation[],
  space = new RecordSpace(),
): EncodedOperations {
  const encoder = new OperationEncoder(operations.length, textRoom(operations), space);
  for (const operation of operations) encoder.add(operation);
  return encoder.finish();
}

/** Keys to look up: only what identifies the virtual server is filled in. */
export function encodeKeys(keys: readonly ServerKey[]): EncodedOperations {
  return encodeOperations(keys.map((key) => ({ kind: 'delete-virtual-server', key })));
}

function textRoom(operations: readonly KernelOperation[]): number {
  let room = 0;
  for (const operation of operations) {
    if (operation.kind === 'add-element' && operation.comment !== undefined)
      room += Math.min(operation.comment.length, COMMENT_LENGTH) * UTF8_BYTES;
  }
  return room;
}

class OperationEncoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #count: number;
  #offset = 0;
  #textOffset: number;

  constructor(count: number, textRoom: number, space: RecordSpace) {
    this.#count = count;
    this.#textOffset = count * RECORD_SIZE;
    this.#bytes = space.take(this.#textOffset + textRoom);
    this.#view = new DataView(this.#bytes.buffer);
  }

  finish(): EncodedOperations {
    return { buffer: this.#bytes.subarray(0, this.#textOffset), count: this.#count };
  }

  add(operation: KernelOperation): void {
    this.#bytes[this.#offset] = KINDS[operation.kind];
    switch (operation.kind) {
      case 'add-virtual-server':
      case 'set-virtual-server':
        this.#key(operation.key);
        this.#settings(operation);
        break;
      case 'delete-virtual-server':
        this.#key(operation.key);
        break;
      case 'add-real-server':
      case 'set-real-server':
        this.#key(operation.key);
        this.#realServer(operation.address, operation.port);
        this.#bytes[this.#offset + 3] = operation.forwarding ?? 0;
        this.#view.setUint32(this.#offset + 16, operation.upperThreshold ?? 0, LITTLE_ENDIAN);
        this.#view.setInt32(this.#offset + 20, operation.weight, LITTLE_ENDIAN);
        break;
      case 'delete-real-server':
        this.#key(operation.key);
        this.#realServer(operation.address, operation.port);
        break;
      case 'bind-address':
      case 'unbind-address':
        this.#address(operation.address);
        break;
      case 'add-element':
        this.#element(operation);
        this.#view.setUint32(this.#offset + 8, operation.mark ?? 0, LITTLE_ENDIAN);
        this.#comment(operation.comment ?? '');
        break;
      case 'delete-element':
        this.#element(operation);
        break;
      case 'forget-flows':
        this.#key(operation.key);
        if (operation.address !== undefined) this.#realServer(operation.address, operation.port ?? 0);
        break;
      default:
        operation satisfies never;
    }
    this.#offset += RECORD_SIZE;
  }

  #key(key: ServerKey): void {
    if ('family' in key) {
      this.#bytes[this.#offset + 1] = FAMILY_NUMBERS[key.family];
      this.#view.setUint32(this.#offset + 8, key.mark, LITTLE_ENDIAN);
      return;
    }
    this.#address(key.address);
    this.#bytes[this.#offset + 2] = PROTOCOL_NUMBERS[key.protocol];
    this.#view.setUint16(this.#offset + 4, key.port, LITTLE_ENDIAN);
  }

  #address(address: Address): void {
    this.#bytes[this.#offset + 1] = FAMILY_NUMBERS[familyOf(address)];
    writeAddress(address, this.#bytes, this.#offset + 24);
  }

  // A record has one family. (The kernel mixes them only where it tunnels.)
  #realServer(address: Address, port: number): void {
    if (this.#bytes[this.#offset + 1] !== FAMILY_NUMBERS[familyOf(address)])
      throw new RangeError(`${address} is not of the family of its virtual server`);
    writeAddress(address, this.#bytes, this.#offset + 40);
    this.#view.setUint16(this.#offset + 6, port, LITTLE_ENDIAN);
  }

  #settings({ scheduler, flags, timeout }: VirtualServerOperation): void {
    this.#view.setUint32(this.#offset + 12, flags, LITTLE_ENDIAN);
    this.#view.setUint32(this.#offset + 16, timeout, LITTLE_ENDIAN);
    const start = this.#offset + 56;
    const length = Math.min(scheduler.length, SCHEDULER_LENGTH);
    for (let index = 0; index < length; index++) this.#bytes[start + index] = scheduler.charCodeAt(index);
  }

  #element({ set, element, freeBits }: Pick<AddElementOperation, 'set' | 'element' | 'freeBits'>): void {
    if (element.length > ELEMENT_SIZE) throw new RangeError(`a set element of ${element.length} bytes`);
    this.#bytes[this.#offset + 3] = element.length;
    this.#bytes[this.#offset + 1] = freeBits === undefined ? 0 : RANGE;
    this.#bytes[this.#offset + 2] = freeBits ?? 0;
    this.#bytes.set(element, this.#offset + 24);
    this.#view.setUint16(this.#offset + 78, set, LITTLE_ENDIAN);
  }

  #comment(comment: string): void {
    if (comment === '') return;
    const target = this.#bytes.subarray(this.#textOffset);
    const { written } = ENCODER.encodeInto(comment.slice(0, COMMENT_LENGTH), target);
    this.#view.setUint32(this.#offset + 72, this.#textOffset, LITTLE_ENDIAN);
    this.#view.setUint16(this.#offset + 76, written, LITTLE_ENDIAN);
    this.#textOffset += written;
  }
}
