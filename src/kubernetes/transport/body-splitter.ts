import { type Clock, OBJECTS_PER_LOOK, TimeSlice } from '../../model/clock.js';

/** Five times the largest object that etcd holds (1.5 MiB): a longer line is no event, and must not fill the memory. */
export const LONGEST_PIECE = 8 * 1024 * 1024;

/** Parts of one body that make sense by themselves, cut out of the pieces in which it arrives. */
interface Splitter {
  /** The parts that `chunk` completes. They may share its memory, and so are to be read before the next call. */
  push(chunk: Uint8Array): Iterable<Buffer>;
}

export class OversizedPiece extends Error {
  override readonly name = 'OversizedPiece';
}

const NEWLINE = 0x0a;

/** Lines, without their ends and without empty ones. Bytes are copied only where a line lies across pieces. */
export class LineSplitter implements Splitter {
  readonly #longest: number;
  #begun: Uint8Array[] = [];
  #length = 0;

  constructor(longest = LONGEST_PIECE) {
    this.#longest = longest;
  }

  /** Bytes of a line that has no end yet. After a body's end they are half an event. */
  get pending(): number {
    return this.#length;
  }

  *push(chunk: Uint8Array): Generator<Buffer> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = this.#complete(bytes.subarray(start, end));
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start < bytes.length) this.#begin(bytes.subarray(start));
  }

  #complete(rest: Buffer): Buffer {
    if (this.#length === 0) return rest;
    this.#begin(rest);
    const line = Buffer.concat(this.#begun, this.#length);
    this.#begun = [];
    this.#length = 0;
    return line;
  }

  #begin(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#longest)
      throw new OversizedPiece(`a line is longer than ${this.#longest} bytes`);
    this.#begun.push(piece);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Depth inside the list, which is a field of the outermost object. */
const ITEM_DEPTH = 2;

/**
 * The items of a list as the API writes it, `{"kind": …, "metadata": …, "items": […]}`, one after the other while the
 * body still arrives: parsed as a whole, a page of 500 large slices would hold up the process for half a second. It
 * follows strings and brackets alone and leaves judgement to the parser of each part.
 */
export class ItemSplitter implements Splitter {
  readonly #list: string;
  readonly #longest: number;
  readonly #envelope = new Pieces();
  readonly #item = new Pieces();
  #depth = 0;
  #inItems = false;
  #inString = false;
  #escaped = false;
  /** The last string of the outermost object, as far as it may spell the name of the list. */
  #name = '';

  /** `list`: the name of the field, of less than eight letters; in a Table the items are its `rows`. */
  constructor(longest = LONGEST_PIECE, list: 'items' | 'rows' = 'items') {
    this.#longest = longest;
    this.#list = list;
  }

  /**
   * Everything but the items, to be asked for at the end: of a proper list `{"kind": …, "metadata": …, "items": []}`.
   */
  get envelope(): Buffer {
    return this.#envelope.take();
  }

  *push(chunk: Uint8Array): Generator<Buffer> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let next = this.#nextMark(bytes, 0); next < bytes.length; next = this.#nextMark(bytes, next + 1)) {
      const byte = bytes[next] ?? 0;
      const wasInItems = this.#inItems;
      if (wasInItems && this.#depth === ITEM_DEPTH && (byte === COMMA || byte === CLOSE_LIST)) {
        this.#keep(this.#item, bytes.subarray(start, next));
        // The comma belongs to nobody: without its items the list is to be an empty one.
        start = byte === COMMA ? next + 1 : next;
        const item = this.#item.take();
        if (!isBlank(item)) yield item;
      }
      this.#pass(byte);
      if (wasInItems || !this.#inItems) continue;
      this.#keep(this.#envelope, bytes.subarray(start, next + 1));
      start = next + 1;
    }
    this.#keep(this.#inItems ? this.#item : this.#envelope, bytes.subarray(start));
  }

  /** The place of the next byte, from `from` on, that is outside a string or ends one, and means something. */
  #nextMark(bytes: Buffer, from: number): number {
    let position = from;
    if (this.#inString) position = this.#endOfString(bytes, from);
    while (position < bytes.length && !isMark(bytes[position] ?? 0)) position++;
    return position;
  }

  #endOfString(bytes: Buffer, from: number): number {
    let escaped = this.#escaped;
    let position = from;
    for (; position < bytes.length; position++) {
      const byte = bytes[position];
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) break;
    }
    this.#escaped = escaped;
    if (this.#depth === 1 && this.#name.length < 8)
      this.#name += bytes.toString('latin1', from, Math.min(position, from + 8));
    return position;
  }

  #pass(byte: number): void {
    if (byte === QUOTE) this.#passQuote();
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      this.#depth++;
      if (byte === OPEN_LIST && this.#depth === ITEM_DEPTH && this.#name === this.#list) this.#inItems = true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      this.#depth--;
      if (this.#depth < ITEM_DEPTH) this.#inItems = false;
    }
  }

  #passQuote(): void {
    this.#inString = !this.#inString;
    if (this.#inString && this.#depth === 1) this.#name = '';
  }

  #keep(pieces: Pieces, piece: Uint8Array): void {
    pieces.add(piece);
    if (pieces.length > this.#longest)
      throw new OversizedPiece(`an item of the list is longer than ${this.#longest} bytes`);
  }
}

/** Bytes that arrive in pieces and are wanted as one. */
class Pieces {
  #pieces: Uint8Array[] = [];
  length = 0;

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  take(): Buffer {
    const whole = Buffer.concat(this.#pieces, this.length);
    this.#pieces = [];
    this.length = 0;
    return whole;
  }
}

function isMark(byte: number): boolean {
  return (
    byte === QUOTE ||
    byte === COMMA ||
    byte === OPEN_OBJECT ||
    byte === CLOSE_OBJECT ||
    byte === OPEN_LIST ||
    byte === CLOSE_LIST
  );
}

function isBlank(item: Buffer): boolean {
  for (const byte of item) if (byte > 0x20) return false;
  return true;
}

interface PartTaker {
  /** May take long; then it lets the event loop go on by itself, and the rest of the body waits. */
  take(piece: Buffer, slice: TimeSlice): Promise<void> | undefined;
  /** All that has arrived is taken, or the event loop goes on to other work now. */
  settle(): void;
}

/**
 * Reads a body part by part as it arrives, without ever holding up the event loop for long. Rejects as the body does.
 */
export async function readParts(
  body: AsyncIterable<Uint8Array>,
  splitter: Splitter,
  clock: Clock,
  taker: PartTaker,
): Promise<void> {
  const slice = new TimeSlice(clock, OBJECTS_PER_LOOK);
  for await (const chunk of body) {
    for (const piece of splitter.push(chunk)) {
      const taking = taker.take(piece, slice);
      if (taking !== undefined) await taking;
      if (!slice.over) continue;
      taker.settle();
      await slice.yieldTurn();
    }
    taker.settle();
    if (slice.over) await slice.yieldTurn();
  }
}
