import type { RequestStatistics } from '../../model/watch-statistics.js';
import type { ApiRequest, ApiResponse, ApiTransport } from './api-transport.js';

/** What client-go writes where no answer came. */
const NO_ANSWER = '<error>';

/** A transport in front of another that counts how requests end. A watch counts once, when it is answered. */
export class CountingTransport implements ApiTransport {
  readonly #inner: ApiTransport;
  readonly #host: string;
  readonly #counts = new Map<string, RequestStatistics>();

  /** `host`: the server, `host:port`. */
  constructor(inner: ApiTransport, host: string) {
    this.#inner = inner;
    this.#host = host;
  }

  /** One for each method and status so far. */
  get statistics(): Iterable<RequestStatistics> {
    return this.#counts.values();
  }

  async request(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    try {
      const response = await this.#inner.request(request, signal);
      this.#count(request.method, String(response.status));
      return response;
    } catch (error) {
      this.#count(request.method, NO_ANSWER);
      throw error;
    }
  }

  isReachable(signal: AbortSignal): Promise<boolean> {
    return this.#inner.isReachable(signal);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #count(method: ApiRequest['method'], code: string): void {
    const key = `${method} ${code}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { method, code, host: this.#host, count });
  }
}
