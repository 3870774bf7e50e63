import type { Clock } from '../model/clock.js';

/**
 * The machine's monotonic clock, counted from boot. A jump of the wall clock moves no deadline, and what the kernel keeps
 * of a moment means the same to the agent that runs after this one.
 */
export const systemClock: Clock = {
  now() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};
