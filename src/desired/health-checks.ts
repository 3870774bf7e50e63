import type { HealthCheckService } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';

/** What load balancers ask of this node, of all Services. */
export class HealthChecks {
  readonly #checks = new Map<ServiceKey, HealthCheckService>();
  #all: ReadonlyMap<ServiceKey, HealthCheckService> | undefined;

  /** The same map as long as nothing changes, so that a pass without such a change costs nothing. */
  get all(): ReadonlyMap<ServiceKey, HealthCheckService> {
    this.#all ??= new Map(this.#checks);
    return this.#all;
  }

  refresh(key: ServiceKey, check: HealthCheckService | undefined): void {
    if (isSame(this.#checks.get(key), check)) return;
    this.#all = undefined;
    if (check === undefined) this.#checks.delete(key);
    else this.#checks.set(key, check);
  }
}

function isSame(one: HealthCheckService | undefined, other: HealthCheckService | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.port === other.port && one.localEndpoints === other.localEndpoints && one.created === other.created
  );
}
