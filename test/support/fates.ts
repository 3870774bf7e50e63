import type { Fate } from './faulty-kernel.js';

const FAULTS: readonly Fate[] = ['refused', 'answer lost', 'lost before and after'];

/** Fates by the dice, the same for the same seed; `share` of all operations fail, in one of the three ways. */
export function fates(seed: number, share: number): () => Fate {
  const dice = diceOf(seed);
  return () => (dice() < share ? (FAULTS[Math.floor(dice() * FAULTS.length)] ?? 'refused') : 'works');
}

/** Numbers from 0 to below 1 (mulberry32). */
function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
