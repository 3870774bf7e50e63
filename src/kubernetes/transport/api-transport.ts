/**
 * The way to the API server, for one set of credentials. Real ones speak HTTP/2 or HTTP/1.1 over TLS; a test has one in
 * memory. Several requests may be under way at once.
 */
export interface ApiTransport {
  /**
   * Resolves with status and headers as soon as they are there, whatever the status says.
   * Rejects with `TransportError` where no answer came; what breaks later, the body rejects with.
   */
  request(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse>;
  /**
   * Whether a connection to the server can be opened, tried with a bare one that is closed at once. True where that
   * cannot be tried: then a request shows what is wrong.
   */
  isReachable(signal: AbortSignal): Promise<boolean>;
  /** Ends every request under way. */
  close(): Promise<void>;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** With the query: `/api/v1/services?limit=500`. */
  readonly path: string;
  /** Which form of the answer is wanted; `application/json` unless said. */
  readonly accept?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; unless said it is `application/json`, and `application/merge-patch+json` for a patch. */
  readonly contentType?: string;
}

export interface ApiResponse {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /**
   * Already decompressed, in pieces as they arrive; to be looped over once. Leaving the loop early ends the request. A
   * body that nobody loops over keeps the request open until its signal is aborted.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Why no answer came. connect: nobody answers there. tls: the certificate is not trusted, has expired, or ours is
 * refused. silent: the peer went quiet and did not answer a PING. lost: the connection broke. credentials: none could
 * be read. aborted: the caller ended it.
 */
type TransportFailure = 'connect' | 'tls' | 'silent' | 'lost' | 'credentials' | 'aborted';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: TransportFailure;

  /** `message` is one sentence for the log, without secrets: what failed, at which server, and what would mend it. */
  constructor(kind: TransportFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
