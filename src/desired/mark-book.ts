import type { FrontendKey } from '../model/frontend.js';

/**
 * The firewall marks of inside views. A mark follows from the frontend's name, so that a restart finds the virtual servers
 * that are there. Where two names fall on one mark (one chance in a hundred with 10,000 of them) the first keeps it; another
 * order after a restart costs these two their connections from inside.
 */
export class MarkBook {
  readonly #marks = new Map<FrontendKey, number>();
  readonly #holders = new Map<number, FrontendKey>();

  /** `outside`: the frontend whose inside view it is. */
  markOf(outside: FrontendKey): number {
    const known = this.#marks.get(outside);
    if (known !== undefined) return known;
    let mark = hash(outside);
    while (mark === 0 || this.#holders.has(mark)) mark = (mark + 1) >>> 0;
    this.#marks.set(outside, mark);
    this.#holders.set(mark, outside);
    return mark;
  }
}

// FNV-1a, 32 bits.
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x0100_0193) >>> 0;
  return value;
}
