import type { FrontendKey } from '../model/frontend.js';
import { type Problem, problemText } from '../model/problem.js';
import type { FrontendClaims } from './frontend-claims.js';
import type { ServiceFrontend } from './service-frontends.js';

/** The Services that lost a frontend to an older one, as problems to be told. */
export class FrontendConflicts {
  readonly #claims: FrontendClaims;
  readonly #problems = new Map<FrontendKey, readonly Problem[]>();

  constructor(claims: FrontendClaims) {
    this.#claims = claims;
  }

  /** Of a NodePort on several addresses of this node one. */
  get problems(): Problem[] {
    const all = [...this.#problems.values()].flat();
    return [...new Map(all.map((problem) => [problemText(problem), problem])).values()];
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
  const { service, portIndex, portField } = loser;
  const [name, older] = [service.key, winner.service.key];
  return {
    kind: 'conflict',
    subject: `Service ${name}`,
    service: name,
    field: `spec.ports[${portIndex}].${portField}`,
    everywhere: isSameOnEveryNode(loser, winner),
    message: `${contested(loser, winner)} already belongs to Service ${older}, which is older.`,
    remedy: `Give one of the two another address or port; until then ${older} keeps the traffic.`,
  };
}

// Two claims to one NodePort meet on every node, each time at another address.
function contested(loser: ServiceFrontend, winner: ServiceFrontend): string {
  const { key, port, protocol } = loser.frontend;
  return isNodePort(loser) && isNodePort(winner) ? `node port ${port}/${protocol}` : key;
}

/** A NodePort and an external address meet only on the node whose address that is. */
function isSameOnEveryNode(loser: ServiceFrontend, winner: ServiceFrontend): boolean {
  return isNodePort(loser) === isNodePort(winner);
}

function isNodePort({ portField }: ServiceFrontend): boolean {
  return portField === 'nodePort';
}
