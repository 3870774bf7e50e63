/** Different texts or lists of which one copy is kept at most: nodes of four of the largest clusters. */
const MOST = 20_000;

/**
 * One copy of what a hundred thousand endpoints repeat: names of nodes and zones, hints, port lists. Each object is
 * parsed on its own, so that equal texts are different strings in memory.
 */
export class SharedCopies<V> {
  readonly #known = new Map<string, V>();

  /** The copy that is kept under this key; `make` makes the first one. */
  of(key: string, make: () => V): V {
    const known = this.#known.get(key);
    return known === undefined ? this.#keep(key, make()) : known;
  }

  // Names of nodes that are long gone must not stay, and a source that makes up new ones must not fill the memory.
  // Starting anew costs a second copy of what is in use, once.
  #keep(key: string, value: V): V {
    if (this.#known.size === MOST) this.#known.clear();
    this.#known.set(key, value);
    return value;
  }
}
