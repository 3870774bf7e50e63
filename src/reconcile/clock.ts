import type { Clock } from '../model/clock.js';

/** The machine's monotonic clock. A jump of the wall clock moves no deadline. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};
