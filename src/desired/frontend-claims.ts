import { type ClaimKind, compareClaims, compareKinds } from '../model/claim.js';
import type { FrontendKey } from '../model/frontend.js';
import { andMore, MOST_PROBLEMS, type Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import { ShardedMap } from '../model/sharded-map.js';
import type { ServiceFrontend } from './service-frontend.js';

/**
 * Who may have a frontend that several Services ask for: what the API server allocated comes before what was written,
 * and among claims of one kind the oldest Service has it, so that every node decides alike and nobody can take traffic
 * away.
 */
export class FrontendClaims {
  /** Hardly a frontend has several, so that of one there is no list. */
  readonly #claims = new ShardedMap<FrontendKey, ServiceFrontend | readonly ServiceFrontend[]>(17);

  add(claim: ServiceFrontend): void {
    const { key } = claim.frontend;
    // Array.sort is stable: of two equal claims of one Service the port that is listed first wins.
    const isFirst = !this.#claims.has(key);
    this.#claims.set(key, isFirst ? claim : [...this.#listOf(key), claim].sort(compareClaims));
  }

  remove(claim: ServiceFrontend): void {
    const { key } = claim.frontend;
    const others = this.#listOf(key).filter((other) => other !== claim);
    const [first] = others;
    if (first === undefined) this.#claims.delete(key);
    else this.#claims.set(key, others.length === 1 ? first : others);
  }

  winner(key: FrontendKey): ServiceFrontend | undefined {
    const claims = this.#claims.get(key);
    return isList(claims) ? claims[0] : claims;
  }

  isContested(key: FrontendKey): boolean {
    return isList(this.#claims.get(key));
  }

  /** The winner first. */
  all(key: FrontendKey): readonly ServiceFrontend[] {
    return this.#listOf(key);
  }

  #listOf(key: FrontendKey): readonly ServiceFrontend[] {
    const claims = this.#claims.get(key);
    if (claims === undefined) return [];
    return isList(claims) ? claims : [claims];
  }
}

// Array.isArray alone knows no readonly lists.
function isList(
  claims: ServiceFrontend | readonly ServiceFrontend[] | undefined,
): claims is readonly ServiceFrontend[] {
  return Array.isArray(claims);
}

/** A frontend that a Service asks for and another has. */
export interface LostFrontend extends Pick<ServiceFrontend, 'frontend' | 'owner'> {
  readonly winner: ServiceKey;
}

/**
 * The Services that lost a frontend to another, as problems. A hundred Services may claim ten thousand frontends of
 * each other: of each Service ten are made, when they are asked for.
 */
export class FrontendConflicts {
  readonly #claims: FrontendClaims;
  readonly #contested = new Set<FrontendKey>();
  #problems: readonly Problem[] | undefined = [];

  constructor(claims: FrontendClaims) {
    this.#claims = claims;
  }

  /** The same list as long as nothing changes. */
  get problems(): readonly Problem[] {
    this.#problems ??= this.#listed();
    return this.#problems;
  }

  /** Of each Service the first ten. */
  get lost(): readonly LostFrontend[] {
    const lost = new Map<ServiceKey, LostFrontend[]>();
    for (const key of this.#contested) {
      const [winner, ...losers] = this.#claims.all(key);
      for (const { frontend, owner, service } of losers) {
        const known = lost.get(service.key);
        const one = { frontend, owner, winner: (winner as ServiceFrontend).service.key };
        if (known === undefined) lost.set(service.key, [one]);
        else if (known.length < MOST_PROBLEMS) known.push(one);
      }
    }
    return [...lost.values()].flat();
  }

  /** Takes in the claims to a frontend as they are now. */
  settle(key: FrontendKey): void {
    if (this.#claims.isContested(key)) this.#contested.add(key);
    else if (this.#contested.size === 0 || !this.#contested.delete(key)) return;
    this.#problems = undefined;
  }

  #listed(): Problem[] {
    const listed = new Map<ServiceKey, Problem[]>();
    const more = new Map<ServiceKey, number>();
    for (const key of this.#contested) {
      const [winner, ...losers] = this.#claims.all(key);
      for (const loser of losers) {
        const service = loser.service.key;
        const problems = listed.get(service) ?? [];
        const problem = conflict(loser, winner as ServiceFrontend);
        // A NodePort is contested at every address of this node, and is one problem.
        if (problems.some(({ message, field }) => message === problem.message && field === problem.field))
          continue;
        if (problems.length === MOST_PROBLEMS) more.set(service, (more.get(service) ?? 0) + 1);
        else listed.set(service, [...problems, problem]);
      }
    }
    return [...listed].flatMap(([service, problems]) => [...problems, ...restOf(service, more.get(service))]);
  }
}

function restOf(service: ServiceKey, count: number | undefined): Problem[] {
  if (count === undefined) return [];
  return [{ kind: 'conflict', subject: `Service ${service}`, service, ...andMore(count) }];
}

function conflict(loser: ServiceFrontend, winner: ServiceFrontend): Problem {
  const { service, kind, portIndex } = loser;
  const [name, other] = [service.key, winner.service.key];
  const portField = kind === 'node' ? 'nodePort' : 'port';
  return {
    kind: 'conflict',
    subject: `Service ${name}`,
    service: name,
    field: `spec.ports[${portIndex}].${portField}`,
    everywhere: isSameOnEveryNode(loser, winner),
    message: `${contested(loser, winner)} already belongs to Service ${other}, ${reason(winner.kind, kind)}.`,
    remedy: `Give one of the two another address or port; until then ${other} keeps the traffic.`,
  };
}

// Two claims to one NodePort meet on every node, each time at another address.
function contested(loser: ServiceFrontend, winner: ServiceFrontend): string {
  const { key, port, protocol } = loser.frontend;
  return loser.kind === 'node' && winner.kind === 'node' ? `node port ${port}/${protocol}` : key;
}

/** A NodePort and an external address meet only on the node whose address that is. */
function isSameOnEveryNode(loser: ServiceFrontend, winner: ServiceFrontend): boolean {
  return (loser.kind === 'node') === (winner.kind === 'node');
}

function reason(winner: ClaimKind, loser: ClaimKind): string {
  if (compareKinds(winner, loser) === 0) return 'which is older';
  return FOUNDATIONS[winner];
}

/** Why a claim comes first whatever the ages. */
const FOUNDATIONS: Readonly<Record<ClaimKind, string>> = {
  cluster: 'whose ClusterIP it is',
  node: 'whose NodePort it is',
  balancer: 'whose load balancer has the address',
  external: 'which is older',
};
