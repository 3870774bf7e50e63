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
  readonly endpoints: readonly Endpoint[];
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  /** The target port in the pod, 1–65535. It may differ from slice to slice for one port name. */
  readonly port: number;
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

export function endpoint(address: Address, state: EndpointState): Endpoint {
  return new StatedEndpoint(address, state);
}

// A node may know 300,000 of them: with its state spelled out, each would take twice the memory.
class StatedEndpoint implements Endpoint {
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
