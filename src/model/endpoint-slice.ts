import type { Address, Family } from './address.js';
import type { Protocol } from './protocol.js';
import type { ServiceKey } from './service-key.js';

/** The name of one EndpointSlice, `namespace/name`. */
export type SliceKey = string & { readonly __brand: 'SliceKey' };

export function sliceKey(namespace: string, name: string): SliceKey {
  return `${namespace}/${name}` as SliceKey;
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

export interface Endpoint {
  readonly address: Address;
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
