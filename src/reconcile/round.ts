import type { Plan } from '../plan/plan.js';

/**
 * Plans that have nothing in common, so that they may be performed side by side. Each is made when it is asked for, from what
 * the kernel has acknowledged by then, and all of them when the rounds before have ended.
 */
export type Round = Iterator<Plan, void>;

/** A round of one plan. */
export function* alone(make: () => Plan): Generator<Plan, void> {
  yield make();
}
