import type { Plan } from '../plan/plan.js';

/**
 * Plans that have nothing in common, so that they may be performed side by side. Each is made when it is asked for, from what
 * the kernel has acknowledged by then, and all of them when the rounds before have ended. It is gone through once, by however
 * many: each plan goes to the first who asks.
 */
export type Round = IterableIterator<Plan>;

/** A round of one plan. */
export function* alone(make: () => Plan): Generator<Plan> {
  yield make();
}
