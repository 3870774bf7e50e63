import type { Problem } from '../model/problem.js';
import type { Service } from '../model/service.js';

/**
 * What one Service may have on a node beside its frontends, whose number is a setting. Each pair of a frontend and an
 * endpoint is a server of its own in the kernel, and each pair of a restricted frontend and a range an element of an
 * nftables set.
 */
const MOST_SERVERS = 100_000;
const MOST_SOURCES = 20_000;

/** What a frontend, and the view of clients inside where it has one, take of it. */
export interface Demand {
  readonly virtualServer: Balanced | undefined;
  readonly inside?: { readonly virtualServer: Balanced | undefined };
  readonly sources: { readonly size: number };
}

interface Balanced {
  readonly realServers: { readonly size: number };
}

/** How much of what a Service may have is left while its frontends are worked out, one after the other. */
export class Allowance {
  #frontends: number;
  #servers = MOST_SERVERS;
  #sources = MOST_SOURCES;
  #isFresh = true;

  /** `frontends`: so many it may have; the view of clients inside counts as one more. */
  constructor(frontends: number) {
    this.#frontends = frontends;
  }

  /** Whether the frontend may be had too. The first always may: a Service is served at least at one address. */
  take({ virtualServer, inside, sources }: Demand): boolean {
    this.#frontends -= inside === undefined ? 1 : 2;
    this.#servers -= serversOf(virtualServer) + serversOf(inside?.virtualServer);
    this.#sources -= sources.size;
    const isFirst = this.#isFresh;
    this.#isFresh = false;
    return isFirst || (this.#frontends >= 0 && this.#servers >= 0 && this.#sources >= 0);
  }
}

function serversOf(virtualServer: Balanced | undefined): number {
  return virtualServer?.realServers.size ?? 0;
}

/** `wanted`: frontends, of which `served` are served; `next` is the first that is not. */
export function limitProblem(
  { key }: Service,
  { wanted, served, next }: { readonly wanted: number; readonly served: number; readonly next: string },
): Problem {
  return {
    kind: 'object',
    subject: `Service ${key}`,
    service: key,
    reason: 'TooManyFrontends',
    message:
      `its ports and addresses make ${wanted} frontends, more than one Service may have on a node: the first ${served} are ` +
      `served, and from ${next} on none. ClusterIPs come first, then NodePorts, load balancers' addresses and external IPs.`,
    remedy:
      `Divide it into several Services. Allowed are maxFrontendsPerService, ${MOST_SERVERS} servers and ${MOST_SOURCES} ` +
      'source ranges over all of its frontends.',
  };
}
