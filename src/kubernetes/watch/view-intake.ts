import { ClusterView } from '../../model/cluster-view.js';
import type { EndpointSlice } from '../../model/endpoint-slice.js';
import type { Service } from '../../model/service.js';
import type { ServiceKey } from '../../model/service-key.js';
import type { StoreChange } from './object-store.js';

/** Changes that arrived together. */
interface Batch {
  readonly services: ReadonlySet<ServiceKey>;
  /** When the changes of EndpointSlices among them happened, in milliseconds since 1970. */
  readonly triggers: readonly number[];
}

/** Writes what the stores find into the view, and remembers what it touched until that is published. */
export class ViewIntake {
  readonly view = new ClusterView();
  #services = new Set<ServiceKey>();
  #triggers: number[] = [];
  #since = 0;

  /** Changes that happened before this moment say nothing of how fast we are: we did not run yet. */
  measureSince(wallTime: number): void {
    this.#since = wallTime;
  }

  readonly service = ({ before, after }: StoreChange<Service>): void => {
    if (after !== undefined) this.#touch(this.view.setService(after));
    else if (before !== undefined) this.#touch(this.view.deleteService(before.key));
  };

  readonly slice = ({ before, after, triggered }: StoreChange<EndpointSlice>): void => {
    if (after !== undefined) this.#touch(this.view.setSlice(after));
    else if (before !== undefined) this.#touch(this.view.deleteSlice(before.key));
    if (triggered !== undefined && triggered >= this.#since) this.#triggers.push(triggered);
  };

  /** What was touched since it was last asked for. */
  take(): Batch {
    const batch = { services: this.#services, triggers: this.#triggers };
    this.#services = new Set();
    this.#triggers = [];
    return batch;
  }

  #touch(services: readonly ServiceKey[]): void {
    for (const service of services) this.#services.add(service);
  }
}
