/** A set whose members stay until everyone who added them has removed them. */
export class CountedSet<T> {
  readonly members = new Set<T>();
  /** Of those that were added several times, how often; most are not. */
  readonly #counts = new Map<T, number>();

  add(member: T): void {
    if (this.members.has(member)) this.#counts.set(member, (this.#counts.get(member) ?? 1) + 1);
    else this.members.add(member);
  }

  remove(member: T): void {
    const left = (this.#counts.get(member) ?? 1) - 1;
    if (left > 1) this.#counts.set(member, left);
    else this.#counts.delete(member);
    if (left === 0) this.members.delete(member);
  }
}
