import { ChangedObjects, type ObjectsByService } from '../model/changed-objects.js';
import { ClusterView } from '../model/cluster-view.js';
import type { EndpointSlice } from '../model/endpoint-slice.js';
import type { NodeRecord } from '../model/node.js';
import type { Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { StoreChange } from './watch/object-store.js';

/**
 * Services of which a listing is published together: whoever is told of them enters each somewhere, and that of 44,000
 * in one turn took others 40 ms.
 */
const MOST_TOGETHER = 4_096;

/** Writes what the stores find into the view, and remembers what it touched until that is published. */
export class ViewIntake {
  readonly view = new ClusterView();
  #services = new Set<ServiceKey>();
  #triggers: number[] = [];
  readonly #objects = new ChangedObjects();
  #areNamed = false;
  #since = 0;
  readonly #full: () => void;

  /** `full` is called where so many Services are touched that they should be published now. */
  constructor(full: () => void) {
    this.#full = full;
  }

  /** Changes that happened before this moment say nothing of how fast we are: we did not run yet. */
  measureSince(wallTime: number): void {
    this.#since = wallTime;
  }

  /** From now on what changed has its name: before, everything is new. */
  nameObjects(): void {
    this.#areNamed = true;
  }

  readonly service = ({ key, before, after }: StoreChange<Service>): void => {
    if (after !== undefined) this.#touch(this.view.setService(after), 'Service', key);
    else if (before !== undefined) this.#touch(this.view.deleteService(before.key), 'Service', key);
  };

  readonly slice = ({ key, before, after, triggered }: StoreChange<EndpointSlice>): void => {
    if (triggered !== undefined && triggered >= this.#since) this.#triggers.push(triggered);
    if (after !== undefined) this.#touch(this.view.setSlice(after, before), 'EndpointSlice', key);
    else if (before !== undefined) this.#touch(this.view.deleteSlice(before), 'EndpointSlice', key);
  };

  /** What was touched since it was last asked for. */
  take(): Batch {
    const batch = { services: this.#services, triggers: this.#triggers, objects: this.#objects.take() };
    this.#services = new Set();
    this.#triggers = [];
    return batch;
  }

  #touch(services: readonly ServiceKey[], kind: string, key: string): void {
    if (this.#areNamed) this.#objects.add(services, kind, key);
    for (const service of services) this.#services.add(service);
    if (this.#services.size >= MOST_TOGETHER) this.#full();
  }
}

/** Changes that arrived together. */
interface Batch {
  readonly services: ReadonlySet<ServiceKey>;
  /** When the changes of EndpointSlices among them happened, in milliseconds since 1970. */
  readonly triggers: readonly number[];
  readonly objects: ObjectsByService;
}

export interface NodeAndRangesListener {
  /** Undefined where there is no such Node. One that has gone is published once more as it was, no longer eligible. */
  nodeChanged(node: NodeRecord | undefined): void;
  /** The ranges of all ServiceCIDRs, in the order of their text. Not called where the server does not have them. */
  serviceCIDRsChanged(cidrs: readonly string[]): void;
}

/**
 * What is followed beside Services: this program's own Node, and the ranges from which Services get their addresses.
 */
export class NodeAndRanges {
  readonly #ranges = new Map<string, readonly string[]>();
  #node: NodeRecord | undefined;
  #publishedNode: NodeRecord | undefined | 'nothing' = 'nothing';
  #publishedCIDRs: readonly string[] | undefined;

  get node(): NodeRecord | undefined {
    return this.#node;
  }

  /** Undefined until they have been received, and for ever where the server does not have them. */
  get serviceCIDRs(): readonly string[] | undefined {
    return this.#publishedCIDRs;
  }

  // A Node may be deleted while everything on it still runs. Its addresses stay, or its traffic would be cut at once.
  readonly nodeRecord = ({ before, after }: StoreChange<NodeRecord>): void => {
    if (after !== undefined) this.#node = after;
    else if (before !== undefined) this.#node = { ...before, eligible: false };
  };

  readonly range = ({ key, after }: StoreChange<readonly string[]>): void => {
    if (after === undefined) this.#ranges.delete(key);
    else this.#ranges.set(key, after);
  };

  /** Whether it has changed since. */
  publishNode(listener: NodeAndRangesListener): boolean {
    if (this.#publishedNode === this.#node) return false;
    this.#publishedNode = this.#node;
    listener.nodeChanged(this.#node);
    return true;
  }

  publishCIDRs(listener: NodeAndRangesListener): void {
    const cidrs = [...new Set([...this.#ranges.values()].flat())].sort();
    if (this.#publishedCIDRs?.join() === cidrs.join()) return;
    this.#publishedCIDRs = cidrs;
    listener.serviceCIDRsChanged(cidrs);
  }
}
