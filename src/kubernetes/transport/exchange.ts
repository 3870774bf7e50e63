import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TransportError } from './api-transport.js';
import type { Answer, Cancellable } from './connection.js';
import type { ServerFailures } from './transport-failure.js';

/** What ends one request early, whatever the protocol. */
interface ExchangeTerms {
  readonly signal: AbortSignal;
  readonly answerDeadline: number;
  readonly server: ServerFailures;
  /** Ends it on the wire as well. */
  readonly end: (reason: TransportError) => void;
}

/** One request under way: it fails once, for the first reason there was. */
export class Exchange {
  readonly #carrier: ClientRequest | ClientHttp2Stream;
  readonly #terms: ExchangeTerms;
  #answered = false;
  #reason: TransportError | undefined;

  constructor(carrier: ClientRequest | ClientHttp2Stream, terms: ExchangeTerms) {
    this.#carrier = carrier;
    this.#terms = terms;
  }

  /** Resolves with what `answer` makes of the arguments of the event `response`. */
  run<T extends readonly unknown[]>(answer: (...received: T) => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { signal, answerDeadline, server } = this.#terms;
      const end = (reason: TransportError) => reject(this.#end(reason));
      const abort = () => end(abortedBy(signal));
      const timer = setTimeout(() => end(server.noAnswer(answerDeadline)), answerDeadline);
      signal.addEventListener('abort', abort, { once: true });
      this.#carrier.once('response', (...received: unknown[]) => {
        clearTimeout(timer);
        this.#answered = true;
        resolve(answer(...(received as unknown as T)));
      });
      this.#carrier.on('error', (error) => reject(this.failure(error)));
      this.#carrier.once('close', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        reject(this.failure(undefined));
      });
      if (signal.aborted) abort();
    });
  }

  /** The first reason, where the stream itself gives only the last symptom. */
  failure(error: unknown): TransportError {
    this.#reason ??= this.#terms.server.failure(error, this.#answered);
    return this.#reason;
  }

  #end(reason: TransportError): TransportError {
    this.#reason ??= reason;
    this.#terms.end(reason);
    return this.#reason;
  }
}

function abortedBy(signal: AbortSignal): TransportError {
  return new TransportError('aborted', 'the request was given up by its caller', { cause: signal.reason });
}

/** Waits for work that others wait for as well: an abort ends the waiting, not the work. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(abortedBy(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

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

/** One text a header: what came several times is joined as RFC 9110, 5.3 has it. */
export function flatHeaders(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
