import { LONGEST_PIECE, OversizedPiece, type Splitter } from './line-splitter.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Depth inside the list `items`, which is a field of the outermost object. */
const ITEM_DEPTH = 2;

/**
 * The items of a list as the API writes it, `{"kind": …, "metadata": …, "items": […]}`, one after the other while the body
 * still arrives: parsed as a whole, a page of 500 large slices would hold up the process for half a second.
 * It follows strings and brackets alone and leaves judgement to the parser of each part.
 */
export class ItemSplitter implements Splitter {
  readonly #longest: number;
  #depth = 0;
  #inItems = false;
  #inString = false;
  #escaped = false;
  /** The last string of the outermost object, as far as it may spell `items`. */
  #name = '';
  #naming = false;
  /** What belongs to no item: of a proper list `{"kind": …, "metadata": …, "items": []}`. */
  readonly #envelope: Uint8Array[] = [];
  #begun: Uint8Array[] = [];
  #length = 0;
  #envelopeLength = 0;

  constructor(longest = LONGEST_PIECE) {
    this.#longest = longest;
  }

  /** Everything but the items; asked for at the end of the body. */
  get envelope(): Buffer {
    return Buffer.concat(this.#envelope, this.#envelopeLength);
  }

  *push(chunk: Uint8Array): Generator<Buffer> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let position = 0; position < bytes.length; position++) {
      const byte = bytes[position] ?? 0;
      if (this.#inString) {
        this.#passString(byte);
        continue;
      }
      const endsItem = this.#inItems && this.#depth === ITEM_DEPTH && (byte === COMMA || byte === CLOSE_LIST);
      if (endsItem) {
        const item = this.#completeItem(bytes.subarray(start, position));
        // The comma belongs to nobody: without its items the list is to be an empty one.
        start = byte === COMMA ? position + 1 : position;
        if (item !== undefined) yield item;
      }
      const wasInItems = this.#inItems;
      this.#passStructure(byte);
      if (!wasInItems && this.#inItems) {
        this.#keep(bytes.subarray(start, position + 1));
        start = position + 1;
      }
    }
    this.#keep(bytes.subarray(start));
  }

  #passString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
    if (this.#naming && this.#inString && this.#name.length < 8) this.#name += String.fromCharCode(byte);
  }

  #passStructure(byte: number): void {
    if (byte === QUOTE) {
      this.#inString = true;
      this.#naming = this.#depth === 1;
      if (this.#naming) this.#name = '';
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      this.#depth++;
      if (byte === OPEN_LIST && this.#depth === ITEM_DEPTH && this.#name === 'items') this.#inItems = true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      this.#depth--;
      if (this.#inItems && this.#depth < ITEM_DEPTH) this.#inItems = false;
    }
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    if (this.#inItems) {
      this.#begun.push(piece);
      this.#length += piece.length;
    } else {
      this.#envelope.push(piece);
      this.#envelopeLength += piece.length;
    }
    if (Math.max(this.#length, this.#envelopeLength) > this.#longest)
      throw new OversizedPiece(`an item of the list is longer than ${this.#longest} bytes`);
  }

  #completeItem(rest: Buffer): Buffer | undefined {
    const item = this.#length === 0 ? rest : Buffer.concat([...this.#begun, rest]);
    this.#begun = [];
    this.#length = 0;
    return isBlank(item) ? undefined : item;
  }
}

function isBlank(item: Buffer): boolean {
  for (const byte of item) if (byte > 0x20) return false;
  return true;
}
