import type { ClientRequest } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import { TransportError } from './api-transport.js';
import type { Answer } from './connection.js';
import type { ServerWords } from './transport-failure.js';

/** What ends one request early, whatever the protocol. */
interface ExchangeTerms {
  readonly signal: AbortSignal;
  readonly answerDeadline: number;
  readonly server: ServerWords;
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
