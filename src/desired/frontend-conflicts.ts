import { type ClaimKind, compareKinds } from '../model/claim.js';
import type { FrontendKey } from '../model/frontend.js';
import type { Problem } from '../model/problem.js';
import type { FrontendClaims } from './frontend-claims.js';
import type { ServiceFrontend } from './service-frontends.js';

/** The Services that lost a frontend to another, as problems to be told. */
export class FrontendConflicts {
  readonly #claims: FrontendClaims;
  readonly #problems = new Map<FrontendKey, readonly Problem[]>();

  constructor(claims: FrontendClaims) {
    this.#claims = claims;
  }

  get problems(): Problem[] {
    return [...this.#problems.values()].flat();
  }

  /** Takes in the claims to a frontend as they are now. */
  settle(key: FrontendKey): void {
    const winner = this.#claims.isContested(key) ? this.#claims.winner(key) : undefined;
    if (winner === undefined) {
      if (this.#problems.size > 0) this.#problems.delete(key);
      return;
    }
    const losers = this.#claims.losers(key);
    this.#problems.set(
      key,
      losers.map((loser) => conflict(loser, winner)),
    );
  }
}

function conflict(loser: ServiceFrontend, winner: ServiceFrontend): Problem {
  const { service, frontend, kind, portIndex } = loser;
  const [name, other] = [service.key, winner.service.key];
  const portField = kind === 'node' ? 'nodePort' : 'port';
  return {
    kind: 'conflict',
    subject: `Service ${name}`,
    service: name,
    field: `spec.ports[${portIndex}].${portField}`,
    message: `${frontend.key} already belongs to Service ${other}, ${reason(winner.kind, kind)}.`,
    remedy: `Give one of the two another address or port; until then ${other} keeps the traffic.`,
  };
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
