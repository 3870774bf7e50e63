import { compareClaims } from '../model/claim.js';
import type { FrontendKey } from '../model/frontend.js';
import type { ServiceFrontend } from './service-frontend.js';

/**
 * Who may have a frontend that several Services ask for: what the API server allocated comes before what was written, and
 * among claims of one kind the oldest Service has it, so that every node decides alike and nobody can take traffic away.
 */
export class FrontendClaims {
  /** Hardly a frontend has several, so that of one there is no list. */
  readonly #claims = new Map<FrontendKey, ServiceFrontend | readonly ServiceFrontend[]>();

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
