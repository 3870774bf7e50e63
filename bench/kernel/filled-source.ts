import type { ClusterListener, ClusterSource } from '../../src/model/cluster-source.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import type { ServiceKey } from '../../src/model/service-key.js';

/** A source that knows everything before the agent starts, so that reading it takes no part in the timing. */
export class FilledSource implements ClusterSource {
  readonly view = new ClusterView();
  readonly complete = true;
  readonly problems = [];
  #listener: ClusterListener | undefined;

  async start(listener: ClusterListener): Promise<void> {
    this.#listener = listener;
    listener.changed(this.view.keys());
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
  }

  /** One EndpointSlice is another than before. */
  put(slice: EndpointSlice): void {
    this.changed(this.view.setSlice(slice));
  }

  /** The view has been changed; these Services are concerned. */
  changed(services: Iterable<ServiceKey>): void {
    this.#listener?.changed(services);
  }
}
