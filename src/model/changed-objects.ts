import type { ServiceKey } from './service-key.js';

/** The objects because of which Services changed, by Service: `EndpointSlice default/web-abc12`. */
export type ObjectsByService = ReadonlyMap<ServiceKey, readonly string[]>;

/** Of one Service; who has more changes than this at once is not helped by their names. */
const MOST_NAMES = 3;
/** After a listing that differs everywhere names say nothing, and cost. */
const MOST_SERVICES = 1_000;

/** Names the objects that changed, until somebody takes the names. */
export class ChangedObjects {
  #objects = new Map<ServiceKey, string[]>();

  add(services: readonly ServiceKey[], kind: string, key: string): void {
    if (this.#objects.size >= MOST_SERVICES) return;
    for (const service of services) {
      const names = this.#objects.get(service);
      const name = `${kind} ${key}`;
      if (names === undefined) this.#objects.set(service, [name]);
      else if (names.length < MOST_NAMES && !names.includes(name)) names.push(name);
    }
  }

  take(): ObjectsByService {
    const objects = this.#objects;
    this.#objects = new Map();
    return objects;
  }
}
