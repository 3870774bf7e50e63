import type { FrontendKey } from '../model/frontend.js';
import type { ServiceKey } from '../model/service-key.js';
import type { ServiceFrontend } from './service-frontends.js';

/** One Service's wish to have one frontend. */
export interface Claim {
  readonly service: ServiceKey;
  /** creationTimestamp, milliseconds since 1970. */
  readonly created: number;
  readonly wish: ServiceFrontend;
}

/**
 * Who may have a frontend that several Services ask for: the oldest, by creation time and then by name, so that
 * every node decides alike and a newcomer cannot take traffic away.
 */
export class FrontendClaims {
  readonly #claims = new Map<FrontendKey, readonly Claim[]>();

  add(claim: Claim): void {
    const { key } = claim.wish.frontend;
    const others = this.#claims.get(key);
    this.#claims.set(key, others === undefined ? [claim] : [...others, claim].sort(byAge));
  }

  remove(claim: Claim): void {
    const { key } = claim.wish.frontend;
    const others = (this.#claims.get(key) ?? []).filter((other) => other !== claim);
    if (others.length === 0) this.#claims.delete(key);
    else this.#claims.set(key, others);
  }

  winner(key: FrontendKey): Claim | undefined {
    return this.#claims.get(key)?.[0];
  }

  isContested(key: FrontendKey): boolean {
    return (this.#claims.get(key)?.length ?? 0) > 1;
  }

  losers(key: FrontendKey): readonly Claim[] {
    return this.#claims.get(key)?.slice(1) ?? [];
  }
}

// Array.sort is stable: of two equal claims of one Service the port that is listed first wins.
function byAge(a: Claim, b: Claim): number {
  return a.created - b.created || compareText(a.service, b.service);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
