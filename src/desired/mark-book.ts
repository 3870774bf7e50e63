import { createHmac, randomBytes } from 'node:crypto';
import { KEYS_IN_PIECE } from '../model/clock.js';
import type { PacketPolicy } from '../model/dataplane.js';
import {
  type Frontend,
  type FrontendKey,
  isInside,
  isOwnMark,
  OWN_MARK_COUNT,
  ownMark,
} from '../model/frontend.js';

/**
 * The firewall marks of inside views. A mark follows from the frontend's name and from a key that only this node has:
 * who creates a Service chooses its addresses and ports, and must not choose its mark by them. A restart finds the same
 * marks, since the key and the ledger of marks live as long as the virtual servers do.
 */
export class MarkBook {
  readonly #marks = new Map<FrontendKey, number>();
  readonly #holders = new Map<number, FrontendKey>();
  #key = randomBytes(16).toString('hex');

  /** How many marks are taken. */
  get size(): number {
    return this.#marks.size;
  }

  /** `key`: as the kernel keeps it beside the ledger. Marks that are taken stay. */
  setKey(key: string): void {
    this.#key = key;
  }

  /**
   * Takes over a mark of the ledger, unless another view has it, or it is none that may be used (of an earlier
   * version).
   */
  keep({ key, mark }: Pick<Frontend, 'key' | 'mark'>): void {
    if (!isOwnMark(mark) || this.#marks.has(key) || this.#holders.has(mark)) return;
    this.#take(key, mark);
  }

  /** Whether the view has this very mark. */
  has({ key, mark }: Pick<Frontend, 'key' | 'mark'>): boolean {
    return this.#marks.get(key) === mark;
  }

  /**
   * Takes over the marks of what the kernel has, and answers with the views whose mark cannot stay: it is no mark that
   * may be used, or another view has it, or this view another. In pieces, of which none takes long.
   */
  *keepAll({ owned, open }: Pick<PacketPolicy, 'owned' | 'open'>): Generator<void, Set<FrontendKey>> {
    const views: Frontend[] = [];
    let count = 0;
    for (const { frontend } of owned.values()) {
      if (isInside(frontend)) views.push(frontend);
      if (++count % KEYS_IN_PIECE === 0) yield;
    }
    for (const view of views) yield this.keep(view);
    for (const view of open.values()) {
      if (isInside(view)) views.push(view);
      if (++count % KEYS_IN_PIECE === 0) yield;
    }
    const stale = new Set<FrontendKey>();
    for (const view of views) {
      if (!this.has(view)) stale.add(view.key);
      yield;
    }
    return stale;
  }

  /** The mark of a view, which it has until `release`. Where two names fall on one mark the later gets another. */
  markOf(view: FrontendKey): number {
    const known = this.#marks.get(view);
    if (known !== undefined) return known;
    let mark = this.#candidate(view, 0);
    for (let attempt = 1; this.#holders.has(mark); attempt++) mark = this.#candidate(view, attempt);
    return this.#take(view, mark);
  }

  /** No Service wants the view any more, and the kernel has nothing of it: its mark is free. */
  release(view: FrontendKey): void {
    const mark = this.#marks.get(view);
    if (mark === undefined) return;
    this.#marks.delete(view);
    this.#holders.delete(mark);
  }

  #take(view: FrontendKey, mark: number): number {
    this.#marks.set(view, mark);
    this.#holders.set(mark, view);
    return mark;
  }

  #candidate(view: FrontendKey, attempt: number): number {
    const digest = createHmac('sha256', this.#key).update(`${view} ${attempt}`).digest();
    return ownMark(digest.readUInt32LE() % OWN_MARK_COUNT);
  }
}
