import type { EndpointSlice } from '../model/endpoint-slice.js';
import type { NodeAddresses } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import type { Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';

/** `Service/default/web`, `Node//worker-1`: one object among all files. */
export type ObjectId = string & { readonly __brand: 'ObjectId' };

export type ManifestKind = 'Service' | 'EndpointSlice' | 'Node';

export function objectId(kind: ManifestKind, namespace: string, name: string): ObjectId {
  return `${kind}/${namespace}/${name}` as ObjectId;
}

export function serviceId(service: ServiceKey): ObjectId {
  return `Service/${service}` as ObjectId;
}

/** The Service that an id names; undefined for a slice. */
export function serviceNamed(id: ObjectId): ServiceKey | undefined {
  return id.startsWith('Service/') ? (id.slice('Service/'.length) as ServiceKey) : undefined;
}

/** One object of one file. */
export interface ManifestObject {
  readonly id: ObjectId;
  readonly file: string;
  /** `Service default/web (web.yaml line 12)`. */
  readonly subject: string;
  /** Undefined for an object that is left alone. It still holds its name. */
  readonly record: ManifestRecord | undefined;
  readonly problems: readonly Problem[];
}

export type ManifestRecord =
  | { readonly kind: 'Service'; readonly service: Service }
  | { readonly kind: 'EndpointSlice'; readonly slice: EndpointSlice }
  | { readonly kind: 'Node'; readonly node: NodeAddresses };
