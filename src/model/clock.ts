/** Time as the rooms that wait need it, so that tests can own it. */
export interface Clock {
  /** Milliseconds from some fixed moment; never jumps. */
  now(): number;
  /** Calls `action` once after so many milliseconds; the answer cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}
