import { type Address, addressAt, type Family } from '../../model/address.js';
import { FAMILY_NUMBERS, LITTLE_ENDIAN } from './records.js';

const HEADER_SIZE = 16;

/** Reads what the addon answers: a header, records, extra items. It steps by the sizes that the header states. */
export class AnswerReader {
  readonly #view: DataView;
  readonly bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly recordSize: number;
  readonly #extraSize: number;
  readonly #extraStart: number;
  readonly firstRecord = HEADER_SIZE;

  constructor(answer: ArrayBuffer) {
    this.#view = new DataView(answer);
    this.bytes = new Uint8Array(answer);
    this.#buffer = Buffer.from(answer);
    this.recordSize = this.uint32(0);
    this.#extraSize = this.uint32(8);
    this.#extraStart = HEADER_SIZE + this.recordSize * this.uint32(4);
  }

  records<Item>(decode: (offset: number) => Item): Item[] {
    return [...this.each(decode)];
  }

  /** The same one after the other: of many thousand records no list is made. */
  *each<Item>(decode: (offset: number) => Item): Generator<Item, void> {
    for (let offset = HEADER_SIZE; offset < this.#extraStart; offset += this.recordSize) yield decode(offset);
  }

  get endOfRecords(): number {
    return this.#extraStart;
  }

  /** Where an extra item begins. */
  extra(index: number): number {
    return this.#extraStart + index * this.#extraSize;
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

  // Twice as fast as getBigUint64 and Number().
  uint64(offset: number): number {
    const first = this.uint32(offset);
    const second = this.uint32(offset + 4);
    return LITTLE_ENDIAN ? second * 2 ** 32 + first : first * 2 ** 32 + second;
  }

  /** The lower bits of 64, as many as a number can tell apart. */
  uint53(offset: number): number {
    const [low, high] = LITTLE_ENDIAN ? [offset, offset + 4] : [offset + 4, offset];
    return this.uint32(low) + (this.uint32(high) & 0x1f_ffff) * 2 ** 32;
  }

  part(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }

  family(offset: number): Family {
    return this.uint8(offset) === FAMILY_NUMBERS.IPv4 ? 'IPv4' : 'IPv6';
  }

  address(offset: number, family: Family): Address {
    return addressAt(this.bytes, offset, family);
  }

  latin1(offset: number, length: number): string {
    return this.#buffer.toString('latin1', offset, offset + length);
  }

  /** ASCII up to the first NUL. */
  text(offset: number, size: number): string {
    const bytes = this.bytes;
    let text = '';
    for (let at = offset; at < offset + size && bytes[at] !== 0; at++)
      text += String.fromCharCode(bytes[at] as number);
    return text;
  }

  /** UTF-8 among the extra bytes. */
  extraText(offset: number, length: number): string {
    const start = this.#extraStart + offset;
    return this.#buffer.toString('utf8', start, start + length);
  }
}
