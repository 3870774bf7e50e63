import type { Address, Family } from './address.js';
import type { Protocol } from './protocol.js';
import { objectName, type ServiceKey } from './service-key.js';

/** The name of one EndpointSlice, `namespace/name`. */
export type SliceKey = string & { readonly __brand: 'SliceKey' };

export function sliceKey(namespace: string, name: string): SliceKey {
  return objectName(namespace, name) as SliceKey;
}

/** An EndpointSlice reduced to what a proxy needs, already checked. */
export interface EndpointSlice {
  readonly key: SliceKey;
  /** From the label kubernetes.io/service-name. */
  readonly service: ServiceKey;
  readonly family: Family;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Endpoints;
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  /** The target port in the pod, 1–65535. It may differ from slice to slice for one port name. */
  readonly port: number;
}

/** The endpoints of one slice, in its order. An array is one too. */
export interface Endpoints extends Iterable<Endpoint> {
  readonly length: number;
  at(index: number): Endpoint | undefined;
}

export interface Endpoint extends EndpointState {
  readonly address: Address;
}

/** All that is said of an endpoint beside its address: the same of many, since they are on one node. */
export interface EndpointState {
  /** Takes new connections. */
  readonly ready: boolean;
  /** Still answers, possibly while it terminates. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The node it runs on; undefined where the slice does not say. */
  readonly node?: string | undefined;
  /** The zone it runs in; undefined where the slice does not say. */
  readonly zone?: string | undefined;
  /** Zones whose clients should use it: hints.forZones. Undefined, never empty. Endpoints share equal lists. */
  readonly zoneHints?: readonly string[] | undefined;
  /** Nodes whose clients should use it, which weighs more: hints.forNodes. Undefined, never empty. */
  readonly nodeHints?: readonly string[] | undefined;
}

/**
 * Endpoints that do not change. A node may know 300,000 of them: they are addresses and states by turns, since an object
 * for each would take thrice the memory. It is made when somebody asks for one.
 */
export class EndpointList implements Endpoints {
  /** For whoever goes through all endpoints of a cluster: even a short-lived object for each takes longer than the rest. */
  readonly parts: readonly (Address | EndpointState)[];

  constructor(endpoints: readonly Endpoint[]) {
    const parts = endpoints.flatMap((endpoint) => [endpoint.address, stateOf(endpoint)]);
    // Without what a growing array has reserved for more.
    this.parts = parts.slice();
  }

  static of(endpoints: Endpoints): EndpointList {
    return endpoints instanceof EndpointList ? endpoints : new EndpointList([...endpoints]);
  }

  get length(): number {
    return this.parts.length / 2;
  }

  at(index: number): Endpoint | undefined {
    const address = this.parts[2 * index] as Address | undefined;
    if (address === undefined) return undefined;
    return new StatedEndpoint(address, this.parts[2 * index + 1] as EndpointState);
  }

  *[Symbol.iterator](): Iterator<Endpoint> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as Endpoint;
  }
}

/** An endpoint whose state is that of others too. */
export class StatedEndpoint implements Endpoint {
  readonly address: Address;
  readonly state: EndpointState;

  constructor(address: Address, state: EndpointState) {
    this.address = address;
    this.state = state;
  }

  get ready(): boolean {
    return this.state.ready;
  }

  get serving(): boolean {
    return this.state.serving;
  }

  get terminating(): boolean {
    return this.state.terminating;
  }

  get node(): string | undefined {
    return this.state.node;
  }

  get zone(): string | undefined {
    return this.state.zone;
  }

  get zoneHints(): readonly string[] | undefined {
    return this.state.zoneHints;
  }

  get nodeHints(): readonly string[] | undefined {
    return this.state.nodeHints;
  }
}

function stateOf(endpoint: Endpoint): EndpointState {
  return endpoint instanceof StatedEndpoint ? endpoint.state : endpoint;
}
