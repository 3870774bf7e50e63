import type { ClusterListener, ClusterSource } from '../../src/model/cluster-source.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { EndpointSlice, SliceKey } from '../../src/model/endpoint-slice.js';
import type { Problem } from '../../src/model/problem.js';
import type { Service } from '../../src/model/service.js';
import type { ServiceKey } from '../../src/model/service-key.js';

/** A source that a test fills by hand. */
export class HandSource implements ClusterSource {
  readonly view = new ClusterView();
  readonly problems: Problem[] = [];
  complete = false;
  readonly #slices = new Map<SliceKey, EndpointSlice>();
  #listener: ClusterListener | undefined;

  async start(listener: ClusterListener): Promise<void> {
    this.#listener = listener;
    this.complete = true;
    listener.changed(this.view.keys());
  }

  /** Tells what there is without having sent everything. */
  tell(listener: ClusterListener): void {
    listener.changed(this.view.keys());
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
  }

  put(...objects: readonly (Service | EndpointSlice)[]): void {
    for (const object of objects)
      this.#tell('endpoints' in object ? this.#setSlice(object) : this.view.setService(object));
  }

  deleteService(service: Pick<Service, 'key'>): void {
    this.#tell(this.view.deleteService(service.key));
  }

  deleteSlice(slice: Pick<EndpointSlice, 'key'>): void {
    const before = this.#slices.get(slice.key);
    this.#slices.delete(slice.key);
    if (before !== undefined) this.#tell(this.view.deleteSlice(before));
  }

  #setSlice(slice: EndpointSlice): readonly ServiceKey[] {
    const before = this.#slices.get(slice.key);
    this.#slices.set(slice.key, slice);
    return this.view.setSlice(slice, before);
  }

  #tell(keys: readonly ServiceKey[]): void {
    if (this.complete) this.#listener?.changed(keys);
  }
}
