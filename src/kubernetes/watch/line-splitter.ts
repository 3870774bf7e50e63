/** Five times the largest object that etcd holds (1.5 MiB): a longer line is no event, and must not fill the memory. */
export const LONGEST_PIECE = 8 * 1024 * 1024;

/** Parts of one body that make sense by themselves, cut out of the pieces in which it arrives. */
export interface Splitter {
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
