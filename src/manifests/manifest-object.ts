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

/** Which file counts for an object, where several name it: the first by name, and in it the first document. */
export class ObjectClaims {
  readonly #idsOf = new Map<string, ReadonlySet<ObjectId>>();
  readonly #claims = new Map<ObjectId, readonly ManifestObject[]>();

  /** All who name the object; the first is the one that counts. */
  of(id: ObjectId): readonly ManifestObject[] {
    return this.#claims.get(id) ?? [];
  }

  /** Puts `objects` in the place of what the file said before; answers with the objects it named or names. */
  replace(file: string, objects: readonly ManifestObject[]): Set<ObjectId> {
    const before = this.#idsOf.get(file) ?? [];
    const named = groupById(objects);
    if (named.size === 0) this.#idsOf.delete(file);
    else this.#idsOf.set(file, new Set(named.keys()));
    const touched = new Set([...before, ...named.keys()]);
    for (const id of touched) this.#settle(id, file, named.get(id) ?? []);
    return touched;
  }

  #settle(id: ObjectId, file: string, own: readonly ManifestObject[]): void {
    const others = this.of(id).filter((claim) => claim.file !== file);
    const claims = [...others, ...own].sort(byFile);
    if (claims.length === 0) this.#claims.delete(id);
    else this.#claims.set(id, claims);
  }
}

function groupById(objects: readonly ManifestObject[]): Map<ObjectId, ManifestObject[]> {
  const groups = new Map<ObjectId, ManifestObject[]>();
  for (const object of objects) {
    const group = groups.get(object.id);
    if (group === undefined) groups.set(object.id, [object]);
    else group.push(object);
  }
  return groups;
}

// The sort is stable: documents of one file keep their order.
function byFile(a: ManifestObject, b: ManifestObject): number {
  if (a.file === b.file) return 0;
  return a.file < b.file ? -1 : 1;
}
