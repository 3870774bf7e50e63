/** A set whose members stay until everyone who added them has removed them. */
export class CountedSet<T> {
  readonly members = new Set<T>();
  readonly #counts = new Map<T, number>();

  add(member: T): void {
    this.#counts.set(member, (this.#counts.get(member) ?? 0) + 1);
    this.members.add(member);
  }

  remove(member: T): void {
    const count = (this.#counts.get(member) ?? 0) - 1;
    if (count > 0) {
      this.#counts.set(member, count);
      return;
    }
    this.#counts.delete(member);
    this.members.delete(member);
  }
}
