/**
 * A map that shows another one with a part of each value. It holds nothing: tens of thousands of entries that belong
 * together are in memory once, whatever is asked for by their key.
 */
export class MappedView<K, V, W> implements ReadonlyMap<K, W> {
  readonly #source: ReadonlyMap<K, V>;
  readonly #part: (value: V) => W;

  constructor(source: ReadonlyMap<K, V>, part: (value: V) => W) {
    this.#source = source;
    this.#part = part;
  }

  get size(): number {
    return this.#source.size;
  }

  has(key: K): boolean {
    return this.#source.has(key);
  }

  get(key: K): W | undefined {
    const value = this.#source.get(key);
    return value === undefined ? undefined : this.#part(value);
  }

  keys(): MapIterator<K> {
    return this.#source.keys();
  }

  *values(): MapIterator<W> {
    for (const value of this.#source.values()) yield this.#part(value);
  }

  *entries(): MapIterator<[K, W]> {
    for (const [key, value] of this.#source) yield [key, this.#part(value)];
  }

  [Symbol.iterator](): MapIterator<[K, W]> {
    return this.entries();
  }

  forEach(see: (value: W, key: K, map: ReadonlyMap<K, W>) => void): void {
    for (const [key, value] of this.#source) see(this.#part(value), key, this);
  }
}
