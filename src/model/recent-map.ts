/**
 * A map that is asked for the same key many times in a row: the operations of one virtual server follow one another, and
 * a hundred thousand of them would look it up several times each.
 */
export class RecentMap<K, V> extends Map<K, V> {
  #key: K | undefined;
  #value: V | undefined;

  override get(key: K): V | undefined {
    if (key === this.#key && this.#value !== undefined) return this.#value;
    const value = super.get(key);
    this.#key = key;
    this.#value = value;
    return value;
  }

  override has(key: K): boolean {
    return (key === this.#key && this.#value !== undefined) || super.has(key);
  }

  override set(key: K, value: V): this {
    if (key === this.#key) this.#value = value;
    return super.set(key, value);
  }

  override delete(key: K): boolean {
    if (key === this.#key) this.#value = undefined;
    return super.delete(key);
  }

  override clear(): void {
    this.#value = undefined;
    super.clear();
  }
}
