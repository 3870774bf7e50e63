import type { Clock } from '../model/clock.js';

/** Time for those who also tell people when something was: durations and deadlines never use the wall time. */
export interface StatusClock extends Clock {
  /** Milliseconds since 1970, for display only: it may jump. */
  wallTime(): number;
}
