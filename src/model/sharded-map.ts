/** The first keys are in one map: in a small cluster nothing is gained by more. */
const MOST_TOGETHER = 4096;

/**
 * A map for tens of thousands of keys that grows in small steps. V8 makes the table of a Map twice as large in one go,
 * which takes 10 ms with 32,768 entries, and several maps with an entry for each Service come to that with the same one:
 * nothing else in the process has its turn meanwhile. Here what comes after the first keys is in many small maps. `count`:
 * how many; with another prime each such map grows at another size. Whoever goes through it while it changes may miss
 * what was deleted and put again.
 */
export class ShardedMap<K extends string | number, V> implements ReadonlyMap<K, V> {
  readonly #count: number;
  readonly #first = new Map<K, V>();
  #shards: readonly Map<K, V>[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  get size(): number {
    let { size } = this.#first;
    for (let index = 0; index < this.#shards.length; index++) size += this.#shards[index]?.size ?? 0;
    return size;
  }

  has(key: K): boolean {
    return (this.#shards.length === 0 ? this.#first : this.#of(key)).has(key);
  }

  get(key: K): V | undefined {
    return (this.#shards.length === 0 ? this.#first : this.#of(key)).get(key);
  }

  set(key: K, value: V): this {
    if (this.#shards.length > 0) this.#of(key).set(key, value);
    else if (this.#first.set(key, value).size === MOST_TOGETHER)
      this.#shards = Array.from({ length: this.#count }, () => new Map<K, V>());
    return this;
  }

  delete(key: K): boolean {
    return (this.#shards.length === 0 ? this.#first : this.#of(key)).delete(key);
  }

  *keys(): MapIterator<K> {
    yield* this.#first.keys();
    for (const shard of this.#shards) yield* shard.keys();
  }

  *values(): MapIterator<V> {
    yield* this.#first.values();
    for (const shard of this.#shards) yield* shard.values();
  }

  *entries(): MapIterator<[K, V]> {
    yield* this.#first.entries();
    for (const shard of this.#shards) yield* shard.entries();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(see: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) see(value, key, this);
  }

  // Not asked in a small cluster, for which every call that runs for each Service is felt.
  #of(key: K): Map<K, V> {
    if (this.#first.has(key)) return this.#first;
    return this.#shards[shardOf(key, this.#count)] as Map<K, V>;
  }
}

/** To which of so many a key belongs, by four of its characters: addresses, frontends and names differ in these. */
export function shardOf(key: string | number, count: number): number {
  if (typeof key === 'number') return key % count;
  const middle = key.length >> 1;
  const sum =
    key.charCodeAt(middle) +
    7 * key.charCodeAt(middle - 1) +
    53 * key.charCodeAt(middle - 2) +
    97 * key.charCodeAt(key.length - 1);
  // Not a number where a key is too short to have them.
  return (sum | 0) % count;
}
