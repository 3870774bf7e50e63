import type { FrontendKey } from '../model/frontend.js';
import type { Problem } from '../model/problem.js';
import type { FrontendClaims } from './frontend-claims.js';
import type { ServiceFrontend } from './service-frontends.js';

/** The Services that lost a frontend to an older one, as problems to be told. */
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
  const { service, frontend, portIndex, portField } = loser;
  const [name, older] = [service.key, winner.service.key];
  return {
    kind: 'conflict',
    subject: `Service ${name}`,
    service: name,
    field: `spec.ports[${portIndex}].${portField}`,
    message: `${frontend.key} already belongs to Service ${older}, which is older.`,
    remedy: `Give one of the two another address or port; until then ${older} keeps the traffic.`,
  };
}
