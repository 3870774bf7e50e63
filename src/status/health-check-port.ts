import type { ServiceKey } from '../model/service-key.js';
import type { HttpAnswer } from './http-answer.js';
import { HttpListener, type ListenFailure } from './http-listener.js';
import type { StatusClock } from './status-clock.js';

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
  /** Undefined: every address of the machine. */
  readonly hosts: readonly string[] | undefined;
  readonly clock: StatusClock;
  readonly isHealthy: () => boolean;
  readonly failed: (failure: ListenFailure) => void;
}

/** The health check node port of one Service, on each address where node ports are served. */
export class HealthCheckPort {
  readonly port: number;
  localEndpoints = 0;
  readonly #listeners: readonly HttpListener[];

  constructor({ service, port, hosts, clock, isHealthy, failed }: HealthCheckPortParts) {
    this.port = port;
    const [namespace = '', name = ''] = service.split('/');
    const responder = () =>
      healthCheckAnswer({
        service: { namespace, name },
        localEndpoints: this.localEndpoints,
        serviceProxyHealthy: isHealthy(),
      });
    this.#listeners = (hosts ?? [undefined]).map(
      (host) => new HttpListener({ address: { host, port }, responder, clock, failed }),
    );
    for (const listener of this.#listeners) void listener.keepOpen();
  }

  /** Why it cannot be reached on some address; undefined while all is well. */
  get failure(): ListenFailure | undefined {
    return this.#listeners.find(({ failure }) => failure !== undefined)?.failure;
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}
