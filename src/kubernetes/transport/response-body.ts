import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { TransportError } from './api-transport.js';
import type { Cancellable } from './connection.js';

/** What a body needs to know of the protocol that carries it. */
interface BodyCarrier {
  /** Ends the request. */
  cancel(): void;
  /** Whether the body ended because the server said so. A broken connection can look like an end. */
  complete(): boolean;
  /** The reason for which it broke, from what the stream said, if anything. */
  failure(error: unknown): TransportError;
}

/** A response's body in pieces, decompressed as they come. It can be read once. */
export class ResponseBody implements AsyncIterable<Uint8Array>, Cancellable {
  readonly #pieces: Readable;
  readonly #carrier: BodyCarrier;

  constructor(stream: Readable, encoding: string | undefined, carrier: BodyCarrier) {
    // Without a listener an error before the loop has begun would end the process; the loop throws it all the same.
    stream.on('error', () => undefined);
    this.#pieces = encoding === 'gzip' ? pipeline(stream, createGunzip(), () => undefined) : stream;
    this.#carrier = carrier;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.#pieces.iterator({ destroyOnReturn: false })) yield piece;
      if (!this.#carrier.complete()) throw this.#carrier.failure(undefined);
    } catch (error) {
      throw this.#carrier.failure(error);
    } finally {
      this.#carrier.cancel();
    }
  }

  cancel(): void {
    this.#carrier.cancel();
  }
}
