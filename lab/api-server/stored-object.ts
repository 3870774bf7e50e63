/** An object as it is written for `kubectl apply`; the store fills the rest of `metadata`. */
export interface ApiObject {
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly [field: string]: unknown;
}

/** One version of an object. Its text is made once, however many clients ask. */
export class StoredObject {
  readonly object: ApiObject;
  readonly resourceVersion: number;
  #item: string | undefined;

  /** `object` without kind and apiVersion, which an object has only outside of lists. */
  constructor(object: ApiObject, resourceVersion: number) {
    this.object = object;
    this.resourceVersion = resourceVersion;
  }

  get key(): string {
    return keyOf(this.object);
  }

  /** As an item of a list. */
  get item(): string {
    this.#item ??= JSON.stringify(this.object);
    return this.#item;
  }

  /** As it stands alone. */
  text(kind: string, apiVersion: string): string {
    return `{"kind":"${kind}","apiVersion":"${apiVersion}",${this.item.slice(1)}`;
  }
}

/** `namespace/name`, or the name where there is no namespace. */
export function keyOf({ metadata: { namespace, name } }: ApiObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
