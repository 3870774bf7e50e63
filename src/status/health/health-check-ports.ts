import type { Address } from '../../model/address.js';
import type { StatusClock } from '../../model/clock.js';
import type { Problem } from '../../model/problem.js';
import type { ProblemsFound } from '../../model/problem-board.js';
import { compareAge, type HealthCheckService } from '../../model/service.js';
import { keyParts, type ServiceKey } from '../../model/service-key.js';
import type { HttpAnswer } from '../http/http-answer.js';
import { HttpListener, type ListenFailure } from '../http/http-listener.js';
import { ConnectionLimit } from '../http/limited-server.js';

interface HealthCheckParts {
  readonly clock: StatusClock;
  /** As `/livez` says it. */
  readonly isHealthy: () => boolean;
  /** Called with the ports that cannot be had; they are tried again all the time. */
  readonly problemsFound: ProblemsFound;
}

// Load balancers may ask for hundreds of Services at once from one address; one limit a Service would be no limit at
// all.
const CONNECTIONS = { connections: 512, perSource: 128 };

/** The field that every problem here is about. */
export const HEALTH_CHECK_FIELD = 'spec.healthCheckNodePort';

/** Answers the health checks of load balancers: which Services have endpoints on this node. */
export class HealthCheckPorts {
  readonly #parts: HealthCheckParts;
  readonly #open = new Map<ServiceKey, HealthCheckPort>();
  readonly #connections = new ConnectionLimit(CONNECTIONS);
  readonly #closing = new Set<Promise<void>>();
  #wanted: ReadonlyMap<ServiceKey, HealthCheckService> = new Map();
  #owners: ReadonlyMap<number, ServiceKey> = new Map();
  #hosts: readonly (Address | undefined)[] = EVERYWHERE;

  constructor(parts: HealthCheckParts) {
    this.#parts = parts;
  }

  /**
   * All Services that want a port now; the same map again costs nothing. Those whose port stays go on without a gap.
   */
  update(wanted: ReadonlyMap<ServiceKey, HealthCheckService>): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#owners = ownersOf(wanted);
    for (const [service, { port }] of this.#open)
      if (wanted.get(service)?.port !== port || this.#owners.get(port) !== service) this.#close(service);
    for (const [port, service] of this.#owners) {
      const open = this.#open.get(service) ?? this.#start(service, port);
      open.localEndpoints = wanted.get(service)?.localEndpoints ?? 0;
    }
    this.#publishProblems();
  }

  /**
   * The addresses of this node on which node ports are served; undefined: all there are. The same list again costs
   * nothing.
   */
  listenOn(hosts: readonly Address[] | undefined): void {
    const wanted = hosts ?? EVERYWHERE;
    if (wanted === this.#hosts) return;
    this.#hosts = wanted;
    for (const port of this.#open.values()) this.#awaitLater(port.listenOn(this.#hosts));
    this.#publishProblems();
  }

  #problems(): Problem[] {
    return [...this.#wanted].flatMap(([service, { port }]) => {
      const owner = this.#owners.get(port);
      if (owner !== undefined && owner !== service) return [claimProblem(service, port, owner)];
      const failure = this.#open.get(service)?.failure;
      return failure === undefined ? [] : [listenProblem(service, failure)];
    });
  }

  async close(): Promise<void> {
    for (const service of this.#open.keys()) this.#close(service);
    await Promise.all(this.#closing);
  }

  #publishProblems(): void {
    this.#parts.problemsFound(this.#problems());
  }

  #start(service: ServiceKey, port: number): HealthCheckPort {
    const { clock, isHealthy } = this.#parts;
    const changed = () => this.#publishProblems();
    const connections = this.#connections;
    const opened = new HealthCheckPort({
      service,
      port,
      clock,
      isHealthy,
      connections,
      failed: changed,
      recovered: changed,
    });
    this.#open.set(service, opened);
    this.#awaitLater(opened.listenOn(this.#hosts));
    return opened;
  }

  // The port itself is free as soon as this returns; only open connections take longer.
  #close(service: ServiceKey): void {
    const open = this.#open.get(service);
    this.#open.delete(service);
    if (open !== undefined) this.#awaitLater(open.close());
  }

  #awaitLater(closed: Promise<void>): void {
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }
}

function ownersOf(wanted: ReadonlyMap<ServiceKey, HealthCheckService>): ReadonlyMap<number, ServiceKey> {
  const owners = new Map<number, ServiceKey>();
  const asking = [...wanted].map(([key, { port, created }]) => ({ key, port, created }));
  for (const { key, port } of asking.sort(compareAge)) if (!owners.has(port)) owners.set(port, key);
  return owners;
}

function claimProblem(service: ServiceKey, port: number, owner: ServiceKey): Problem {
  return {
    kind: 'conflict',
    subject: `Service ${service}`,
    service,
    field: HEALTH_CHECK_FIELD,
    everywhere: true,
    message: `${port} is the health check port of Service ${owner} already, which is older.`,
    remedy: 'Load balancers get no answer for this Service. Give it another port by making it anew.',
  };
}

function listenProblem(service: ServiceKey, failure: ListenFailure): Problem {
  return {
    kind: failure.kind,
    subject: `Service ${service}`,
    service,
    field: HEALTH_CHECK_FIELD,
    message: `this node ${failure.message}, so load balancers get no answer.`,
    remedy: failure.remedy,
  };
}

/** What load balancers ask at the port of one Service. */
interface HealthCheckAnswer {
  readonly service: { readonly namespace: string; readonly name: string };
  /** Ready endpoints of the Service on this node; those that terminate do not count. */
  readonly localEndpoints: number;
  /** As `/livez` says it. */
  readonly serviceProxyHealthy: boolean;
}

/** Any path and any method get this answer; body and headers are byte for byte kube-proxy's. */
function healthCheckAnswer(answer: HealthCheckAnswer): HttpAnswer {
  const { localEndpoints, serviceProxyHealthy } = answer;
  return {
    status: localEndpoints > 0 && serviceProxyHealthy ? 200 : 503,
    contentType: 'application/json',
    body: JSON.stringify(answer, undefined, '\t'),
    headers: { 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) },
  };
}

interface HealthCheckPortParts {
  readonly service: ServiceKey;
  readonly port: number;
  readonly clock: StatusClock;
  readonly isHealthy: () => boolean;
  /** Shared by the ports of all Services; undefined: its own. */
  readonly connections?: ConnectionLimit;
  /** It cannot be had on some address: called once for each address and reason. */
  readonly failed: (failure: ListenFailure) => void;
  /** It can be had again on an address where it could not. */
  readonly recovered: () => void;
}

/** Every address of the machine, of both families. */
const EVERYWHERE = [undefined] as const;

/** The health check node port of one Service, on each address where node ports are served. */
class HealthCheckPort {
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
    return healthCheckAnswer({
      service: keyParts(this.#parts.service),
      localEndpoints: this.localEndpoints,
      serviceProxyHealthy: this.#parts.isHealthy(),
    });
  }
}
