import type { Family } from '../model/address.js';
import type { StatusClock } from '../model/clock.js';
import type { Problem } from '../model/problem.js';
import type { ProblemsFound } from '../model/problem-board.js';
import { byPath, type HttpRoute } from './http/http-answer.js';
import { bindAddress, HttpListener, type ListenFailure } from './http/http-listener.js';

export type ServerName = 'health' | 'metrics';

interface ServerParts {
  readonly settings: StatusSettings;
  readonly clock: StatusClock;
  readonly routes: Readonly<Record<ServerName, ReadonlyMap<string, HttpRoute>>>;
  readonly failed: (server: ServerName, failure: ListenFailure) => void;
  /** Called with the servers that cannot listen, where they are others than before. */
  readonly problemsFound: ProblemsFound;
}

/** The servers of the status: health for probes and load balancers, metrics for scrapes. */
export class StatusServers {
  readonly #hardFail: boolean;
  readonly #listeners: ReadonlyMap<ServerName, HttpListener>;

  /** Throws RangeError where an address makes no sense. */
  constructor({ settings, clock, routes, failed, problemsFound }: ServerParts) {
    this.#hardFail = settings.serving.bindHardFail;
    const listeners = new Map<ServerName, HttpListener>();
    for (const name of ['health', 'metrics'] as const) {
      const address = bindAddress(settings.serving[name] ?? '');
      if (address === undefined) continue;
      const responder = byPath(routes[name]);
      const changed = () => problemsFound(this.#problems());
      listeners.set(
        name,
        new HttpListener({
          address,
          responder,
          clock,
          recovered: changed,
          failed(failure) {
            failed(name, failure);
            changed();
          },
        }),
      );
    }
    this.#listeners = listeners;
  }

  /** Rejects with ListenFailure only where bindAddressHardFail is set; otherwise a taken port is tried again. */
  async start(): Promise<void> {
    for (const listener of this.#listeners.values())
      await (this.#hardFail ? listener.open() : listener.keepOpen());
  }

  /** The port in use; undefined where the server does not listen. */
  port(name: ServerName): number | undefined {
    return this.#listeners.get(name)?.port;
  }

  #problems(): Problem[] {
    return [...this.#listeners].flatMap(([name, { failure }]) =>
      failure === undefined ? [] : [serverProblem(name, failure)],
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
  }
}

const FIELDS: Readonly<Record<ServerName, string>> = {
  health: 'healthzBindAddress',
  metrics: 'metricsBindAddress',
};

function serverProblem(name: ServerName, failure: ListenFailure): Problem {
  return {
    kind: failure.kind,
    subject: `The ${name} server`,
    field: FIELDS[name],
    message: `${failure.message}.`,
    remedy: failure.remedy,
  };
}

/** What of the configuration the status needs. */
export interface StatusSettings {
  readonly version: string;
  /** This node's name; Events about it carry it. */
  readonly node: string;
  /** The families that this node serves: `ip_family` has one value for each. */
  readonly families: readonly Family[];
  /** Milliseconds for which a change may wait for a pass until `/healthz` says so: twice kube-proxy's syncPeriod. */
  readonly healthTimeout: number;
  readonly serving: ServingAddresses;
  /** Of how many Service ports the statistics are shown; 0 switches them off. */
  readonly trafficLimit: number;
}

/** Where the servers listen, as `0.0.0.0:10256` or `[::]:10256`; undefined: nowhere. */
interface ServingAddresses {
  readonly health: string | undefined;
  readonly metrics: string | undefined;
  /** A server that cannot listen ends the agent instead of being tried again. */
  readonly bindHardFail: boolean;
}
