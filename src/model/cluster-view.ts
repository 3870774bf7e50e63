import { type Address, type Family, familyOf } from './address.js';
import type { Endpoint, EndpointSlice } from './endpoint-slice.js';
import type { Service } from './service.js';
import type { ServiceKey } from './service-key.js';

/** All that is known of one Service. Either part may be missing: slices arrive before and after their Service. */
export interface ServiceView {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
}

/** Which slice, and whose. */
export type SlicePlace = Pick<EndpointSlice, 'key' | 'service'>;

const NONE: readonly EndpointSlice[] = [];

/**
 * The cluster as far as the source has sent it, by Service. Every change answers with the Services it touches,
 * so that the cost of a change is that of these Services alone.
 */
export class ClusterView {
  readonly #services = new Map<ServiceKey, Service>();
  /**
   * Nearly all have one slice, so that of one there is no list. Lists are replaced, never changed: whoever has looked
   * keeps what it saw.
   */
  readonly #slicesOf = new Map<ServiceKey, EndpointSlice | readonly EndpointSlice[]>();
  readonly #nodes = new NodeEndpoints();
  /** Those that prefer processes of the node. */
  readonly #nodeLocal = new Set<ServiceKey>();
  #sliceCount = 0;

  look(key: ServiceKey): ServiceView {
    return { service: this.#services.get(key), slices: this.#listOf(key) };
  }

  /**
   * How many virtual and real servers the Service may need at most, known without working it out: NodePorts count as
   * one address.
   */
  entriesAtMost(key: ServiceKey): number {
    const service = this.#services.get(key);
    if (service === undefined) return 0;
    const { clusterIPs, externalIPs, loadBalancerIPs, ports } = service;
    const addresses = clusterIPs.length + externalIPs.length + loadBalancerIPs.length + 1;
    return ports.length * addresses * (1 + this.#endpointsOf(key));
  }

  #endpointsOf(key: ServiceKey): number {
    const slices = this.#slicesOf.get(key);
    if (slices === undefined) return 0;
    if ('endpoints' in slices) return slices.endpoints.length;
    return slices.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  }

  #listOf(key: ServiceKey): readonly EndpointSlice[] {
    const slices = this.#slicesOf.get(key);
    if (slices === undefined) return NONE;
    return 'endpoints' in slices ? [slices] : slices;
  }

  /** Every Service named by a Service or by a slice. */
  keys(): Set<ServiceKey> {
    return new Set([...this.#services.keys(), ...this.#slicesOf.keys()]);
  }

  get serviceCount(): number {
    return this.#services.size;
  }

  get sliceCount(): number {
    return this.#sliceCount;
  }

  /** Whether any Service prefers processes of the node, so that somebody has to see whether they listen. */
  get hasNodeLocal(): boolean {
    return this.#nodeLocal.size > 0;
  }

  /** The families of which these Services have external or load balancers' addresses. */
  externalFamilies(services: Iterable<ServiceKey> = this.#services.keys()): Set<Family> {
    const families = new Set<Family>();
    for (const key of services) {
      const service = this.#services.get(key);
      for (const address of service?.externalIPs ?? []) families.add(familyOf(address));
      for (const address of service?.loadBalancerIPs ?? []) families.add(familyOf(address));
    }
    return families;
  }

  /** The Node of an endpoint that does not serve, if nothing on that Node does. */
  stoppedNodeOf(address: Address): string | undefined {
    return this.#nodes.stoppedNodeOf(address);
  }

  setService(service: Service): ServiceKey[] {
    this.#services.set(service.key, service);
    if (service.prefersNodeLocal === true) this.#nodeLocal.add(service.key);
    else if (this.#nodeLocal.size > 0) this.#nodeLocal.delete(service.key);
    return [service.key];
  }

  deleteService(key: ServiceKey): ServiceKey[] {
    this.#nodeLocal.delete(key);
    return this.#services.delete(key) ? [key] : [];
  }

  /**
   * `before`: the slice as it was, since it may move to another Service by a change of its label; then both are touched.
   * Who sends slices knows it, and a map of all of them would take 42 bytes each.
   */
  setSlice(slice: EndpointSlice, before: SlicePlace = slice): ServiceKey[] {
    const touched = new Set(before.service === slice.service ? [] : this.deleteSlice(before));
    const known = this.#listOf(slice.service);
    const replaced = known.find(({ key }) => key === slice.key);
    if (replaced === undefined) this.#sliceCount++;
    else this.#nodes.remove(replaced);
    this.#nodes.add(slice);
    const others = known.filter((other) => other !== replaced);
    // Never deleted and set anew: where that goes on, a map takes twice the memory for ever.
    this.#slicesOf.set(slice.service, others.length === 0 ? slice : [...others, slice]);
    return [...touched.add(slice.service)];
  }

  deleteSlice({ key, service }: SlicePlace): ServiceKey[] {
    const slices = this.#listOf(service);
    const slice = slices.find((known) => known.key === key);
    if (slice === undefined) return [];
    this.#sliceCount--;
    this.#nodes.remove(slice);
    const siblings = slices.filter((other) => other !== slice);
    const [first] = siblings;
    if (first === undefined) this.#slicesOf.delete(service);
    else this.#slicesOf.set(service, siblings.length === 1 ? first : siblings);
    return [service];
  }
}

/**
 * Which Nodes have endpoints none of which serves. So it is where the control plane has given up a Node (its pods are
 * no longer ready, but not deleted yet), and where the one pod on it fails its probe. A change costs what its slice
 * holds.
 */
export class NodeEndpoints {
  /** Endpoints that serve, by Node; never zero. */
  readonly #serving = new Map<string, number>();
  /** The Nodes of endpoints that do not serve: one for each slice that shows the address. */
  readonly #stopped = new Map<Address, readonly string[]>();

  add({ endpoints }: EndpointSlice): void {
    for (let index = 0; index < endpoints.length; index++) {
      const { node, serving, address } = endpoints.at(index) as Endpoint;
      if (node === undefined) continue;
      if (serving) this.#count(node, 1);
      else this.#stopped.set(address, [...(this.#stopped.get(address) ?? []), node]);
    }
  }

  remove({ endpoints }: EndpointSlice): void {
    for (const { node, serving, address } of endpoints)
      if (node !== undefined) {
        if (serving) this.#count(node, -1);
        else this.#forget(address, node);
      }
  }

  /** The Node of an endpoint that does not serve, if nothing on that Node does. */
  stoppedNodeOf(address: Address): string | undefined {
    const nodes = this.#stopped.get(address) ?? [];
    const [node] = nodes;
    const isOne = node !== undefined && nodes.every((other) => other === node);
    return isOne && !this.#serving.has(node) ? node : undefined;
  }

  #count(node: string, change: 1 | -1): void {
    const count = (this.#serving.get(node) ?? 0) + change;
    if (count === 0) this.#serving.delete(node);
    else this.#serving.set(node, count);
  }

  #forget(address: Address, node: string): void {
    const nodes = [...(this.#stopped.get(address) ?? [])];
    nodes.splice(nodes.indexOf(node), 1);
    if (nodes.length === 0) this.#stopped.delete(address);
    else this.#stopped.set(address, nodes);
  }
}
