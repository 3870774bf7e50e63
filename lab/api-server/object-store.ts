import { randomUUID } from 'node:crypto';
import type { ResourceName } from './resource.js';
import { type ApiObject, keyOf, StoredObject } from './stored-object.js';

export interface StoreChange {
  readonly resource: ResourceName;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly now: StoredObject;
  /** Undefined for what was added. */
  readonly before: StoredObject | undefined;
}

/** What was asked for lies before the last compaction. */
interface Compacted {
  readonly kind: 'compacted';
  /** Older ones are not known any more. */
  readonly oldest: number;
}

type StoreListener = (change: StoreChange) => void;

const FIRST_VERSION = 1000;

/** Everything that the cluster knows, in memory, with one resourceVersion that counts the changes of all kinds. */
export class ObjectStore {
  readonly #objects = new Map<ResourceName, Map<string, StoredObject>>();
  readonly #sorted = new Map<ResourceName, readonly StoredObject[]>();
  readonly #listeners = new Set<StoreListener>();
  #history: StoreChange[] = [];
  #resourceVersion = FIRST_VERSION;
  #compacted = FIRST_VERSION;

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  get(resource: ResourceName, key: string): StoredObject | undefined {
    return this.#of(resource).get(key);
  }

  /** In the order of their keys, as etcd has them. */
  list(resource: ResourceName): readonly StoredObject[] {
    const known = this.#sorted.get(resource);
    if (known !== undefined) return known;
    const sorted = sortedByKey(this.#of(resource).values());
    this.#sorted.set(resource, sorted);
    return sorted;
  }

  /** The same as it was at a resourceVersion of the past. */
  listAt(resource: ResourceName, version: number): readonly StoredObject[] | Compacted {
    const changes = this.since(resource, version);
    if ('kind' in changes) return changes;
    if (changes.length === 0) return this.list(resource);
    const objects = new Map(this.#of(resource));
    for (const { now, before } of [...changes].reverse())
      if (before === undefined) objects.delete(now.key);
      else objects.set(before.key, before);
    return sortedByKey(objects.values());
  }

  /** The changes of one kind after a resourceVersion, the oldest first. */
  since(resource: ResourceName, version: number): readonly StoreChange[] | Compacted {
    if (version < this.#compacted) return { kind: 'compacted', oldest: this.#compacted };
    if (version >= this.#resourceVersion) return [];
    return this.#history.filter(
      (change) => change.resource === resource && change.now.resourceVersion > version,
    );
  }

  create(resource: ResourceName, object: ApiObject): StoredObject {
    const key = keyOf(object);
    if (this.#of(resource).has(key)) throw new Error(`${resource} "${key}" already exists`);
    return this.#put(resource, 'ADDED', {
      ...object,
      metadata: { uid: randomUUID(), creationTimestamp: timestamp(), ...object.metadata },
    });
  }

  update(resource: ResourceName, object: ApiObject): StoredObject {
    const { uid, creationTimestamp } = this.#existing(resource, keyOf(object)).object.metadata;
    return this.#put(resource, 'MODIFIED', {
      ...object,
      metadata: { ...object.metadata, ...(uid !== undefined && { uid }), creationTimestamp },
    });
  }

  delete(resource: ResourceName, key: string): void {
    this.#put(resource, 'DELETED', this.#existing(resource, key).object);
  }

  /** Creates, updates and deletes until there is what is given and nothing else. */
  replaceAll(resource: ResourceName, objects: readonly ApiObject[]): void {
    const wanted = new Set(objects.map(keyOf));
    for (const key of [...this.#of(resource).keys()]) if (!wanted.has(key)) this.delete(resource, key);
    for (const object of objects)
      if (this.get(resource, keyOf(object)) === undefined) this.create(resource, object);
      else this.update(resource, object);
  }

  /** Forgets what was before: who asks for changes since then is told 410. */
  compact(): void {
    this.#compacted = this.#resourceVersion;
    this.#history = [];
  }

  /** As after etcd was restored from a backup: the state of then, and resourceVersions are given a second time. */
  restore(version: number): void {
    for (const resource of [...this.#objects.keys()]) {
      const then = this.listAt(resource, version);
      if ('kind' in then) throw new RangeError(`${version} is compacted; the oldest known is ${then.oldest}`);
      this.#objects.set(resource, new Map(then.map((object) => [object.key, object])));
    }
    this.#sorted.clear();
    this.#resourceVersion = version;
    this.compact();
  }

  /** Returns the function that ends it. */
  listen(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(resource: ResourceName, type: StoreChange['type'], object: ApiObject): StoredObject {
    this.#resourceVersion += 1;
    const { kind: _, apiVersion: __, ...bare } = object;
    const metadata = { ...object.metadata, resourceVersion: String(this.#resourceVersion) };
    const now = new StoredObject({ ...bare, metadata }, this.#resourceVersion);
    const objects = this.#of(resource);
    const change = { resource, type, now, before: objects.get(now.key) };
    if (type === 'DELETED') objects.delete(now.key);
    else objects.set(now.key, now);
    this.#sorted.delete(resource);
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
    return now;
  }

  #existing(resource: ResourceName, key: string): StoredObject {
    const found = this.get(resource, key);
    if (found === undefined) throw new Error(`${resource} "${key}" not found`);
    return found;
  }

  #of(resource: ResourceName): Map<string, StoredObject> {
    const known = this.#objects.get(resource);
    if (known !== undefined) return known;
    const created = new Map<string, StoredObject>();
    this.#objects.set(resource, created);
    return created;
  }
}

function sortedByKey(objects: Iterable<StoredObject>): readonly StoredObject[] {
  return [...objects].sort((a, b) => (a.key < b.key ? -1 : 1));
}

// The API writes whole seconds.
function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
