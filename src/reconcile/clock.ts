/** Time as the loop needs it, so that tests can own it. */
export interface Clock {
  /** Milliseconds from some fixed moment; never jumps. */
  now(): number;
  /** Calls `action` once after so many milliseconds; the answer cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}

/** The machine's monotonic clock. A jump of the wall clock moves no deadline. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};
