import type { ServiceKey } from '../../model/service-key.js';
import type { ConnectionLimit } from '../http/connection-limit.js';
import type { HttpAnswer } from '../http/http-answer.js';
import { HttpListener, type ListenFailure } from '../http/http-listener.js';
import type { StatusClock } from '../status-clock.js';

/** What load balancers ask at the port of one Service. */
export interface HealthCheckAnswer {
  readonly service: { readonly namespace: string; readonly name: string };
  /** Ready endpoints of the Service on this node; those that terminate do not count. */
  readonly localEndpoints: number;
  /** As `/livez` says it. */
  readonly serviceProxyHealthy: boolean;
}

/** Any path and any method get this answer; body and headers are byte for byte kube-proxy's. */
export function healthCheckAnswer(answer: HealthCheckAnswer): HttpAnswer {
  const { localEndpoints, serviceProxyHealthy } = answer;
  return {
    status: localEndpoints > 0 && serviceProxyHealthy ? 200 : 503,
    contentType: 'application/json',
    body: JSON.stringify(answer, undefined, '\t'),
    headers: { 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) },
  };
}

export interface HealthCheckPortParts {
  readonly service: ServiceKey;
  readonly port: number;
  readonly clock: StatusClock;
  readonly isHealthy: () => boolean;
  /** Shared by the ports of all Services; undefined: its own. */
  readonly connections?: ConnectionLimit;
  /** It cannot be had on some address: told once for each address and reason. */
  readonly failed: (failure: ListenFailure) => void;
  /** It can be had again on an address where it could not. */
  readonly recovered: () => void;
}

/** Every address of the machine, of both families. */
export const EVERYWHERE = [undefined] as const;

/** The health check node port of one Service, on each address where node ports are served. */
export class HealthCheckPort {
  localEndpoints = 0;
  readonly #parts: HealthCheckPortParts;
  readonly #listeners = new Map<string | undefined, HttpListener>();

  constructor(parts: HealthCheckPortParts) {
    this.#parts = parts;
  }

  get port(): number {
    return this.#parts.port;
  }

  /** Why it cannot be reached on some address; undefined while all is well. */
  get failure(): ListenFailure | undefined {
    for (const { failure } of this.#listeners.values()) if (failure !== undefined) return failure;
    return undefined;
  }

  /** On the addresses that stay it goes on without a gap. Resolves when those that go are closed. */
  async listenOn(hosts: readonly (string | undefined)[]): Promise<void> {
    const gone = [...this.#listeners].filter(([host]) => !hosts.includes(host));
    for (const [host] of gone) this.#listeners.delete(host);
    // First, because every address of the machine cannot be had while one of them is.
    const closed = gone.map(([, listener]) => listener.close());
    for (const host of hosts) if (!this.#listeners.has(host)) this.#open(host);
    await Promise.all(closed);
  }

  close(): Promise<void> {
    return this.listenOn([]);
  }

  #open(host: string | undefined): void {
    const { port, clock, failed, recovered, connections } = this.#parts;
    const responder = () => this.#answer();
    const listener = new HttpListener({
      address: { host, port },
      responder,
      clock,
      failed,
      recovered,
      connections,
    });
    this.#listeners.set(host, listener);
    void listener.keepOpen();
  }

  #answer(): HttpAnswer {
    const [namespace = '', name = ''] = this.#parts.service.split('/');
    return healthCheckAnswer({
      service: { namespace, name },
      localEndpoints: this.localEndpoints,
      serviceProxyHealthy: this.#parts.isHealthy(),
    });
  }
}
