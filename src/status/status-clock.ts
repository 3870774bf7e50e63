/** Time as the status needs it, so that tests can own it. */
export interface StatusClock {
  /** Milliseconds from some fixed moment; never jumps. Every duration and deadline is measured with it. */
  now(): number;
  /** Milliseconds since 1970, for display only: it may jump. */
  wallTime(): number;
  /** Calls `action` once after so many milliseconds; the answer cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}
