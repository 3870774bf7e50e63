import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { FrontendKey } from '../model/frontend.js';

/**
 * For how long servers may drain: as their Service asks, or as the node is set. A deleted Service's wish outlives it, but nobody who
 * deletes one keeps the node's addresses for longer than the node lets him.
 */
export class DrainDeadlines {
  /** Milliseconds, of Services that ask for nothing; may be changed at any time, for drains under way too. */
  standard: number;
  readonly #services: Pick<DesiredDataplane, 'serviceOf' | 'paceOf'>;
  readonly #own = new Map<FrontendKey, number>();

  constructor(services: Pick<DesiredDataplane, 'serviceOf' | 'paceOf'>, standard: number) {
    this.#services = services;
    this.standard = standard;
  }

  /** Milliseconds. */
  of(key: FrontendKey): number {
    const own = this.#own.get(key);
    if (own === undefined) return this.standard;
    return this.#services.serviceOf(key) === undefined ? Math.min(own, this.standard) : own;
  }

  /** Takes in what the frontend's Service asks for now; `drains`: whether a server of it does. */
  refresh(key: FrontendKey, drains: boolean): void {
    const seconds = this.#services.paceOf(key)?.drainDeadline;
    if (seconds !== undefined) this.#own.set(key, seconds * 1000);
    else if (!drains || this.#services.serviceOf(key) !== undefined) this.#own.delete(key);
  }
}
