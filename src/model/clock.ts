/** Time as the rooms that wait need it, so that tests can own it. */
export interface Clock {
  /** Milliseconds from some fixed moment; never jumps. */
  now(): number;
  /** Calls `action` once after so many milliseconds; the answer cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}

/** A wait that can be cut short, so that nothing keeps whoever waits from going on or from ending. */
export class Pause {
  readonly #clock: Clock;
  #end: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after so many milliseconds, or when it is ended. */
  take(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(milliseconds, resolve);
      this.#end = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Ends the one under way; nothing where none is. */
  end(): void {
    this.#end();
  }
}

/** V8 may collect in the same turn, which takes twenty: nothing else in this process should have to wait 30. */
const LONGEST = 5;

/** Objects of the API: an EndpointSlice of 6 endpoints is read in 0.06 ms, one of 1,000, the most there may be, in 2. */
export const OBJECTS_PER_LOOK = 4;

/** Keys, records of the kernel, real servers and the like: a step with one of them takes microseconds. */
export const STEPS_PER_LOOK = 64;

/** Keeps long work from holding up everything else: after some milliseconds the event loop has its turn. */
export class TimeSlice {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #stride: number;
  #asked = 0;
  #began: number;

  /** `stride`: of so many questions one is answered by the clock, which some kernels make a system call of. */
  constructor(clock: Pick<Clock, 'now'>, stride = 1) {
    this.#clock = clock;
    this.#stride = stride;
    this.#began = clock.now();
  }

  get over(): boolean {
    if (++this.#asked % this.#stride !== 0) return false;
    return this.#clock.now() - this.#began >= LONGEST;
  }

  /** Lets the event loop do what waits, timers and sockets included. */
  async yieldTurn(): Promise<void> {
    await ownTurn();
    this.#began = this.#clock.now();
  }
}

/** Who waits to go on, in the order in which they came. */
const waiting: (() => void)[] = [];

/**
 * Resolves in a later turn of the event loop, for one of those who wait in each turn: Services and EndpointSlices are
 * read side by side, and work on both in one turn would take twice as long.
 */
function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(letNextGoOn);
  });
}

function letNextGoOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(letNextGoOn);
}

/** So many keys a generator goes through in one piece: to go on after it takes as long as what is done for some of them. */
export const KEYS_IN_PIECE = 16;

/** Of such pieces, so that the clock is looked at after 128 keys. */
export const PIECES_PER_LOOK = 8;

/** Goes through long work piece by piece, and lets others have their turn in between. */
export async function inSlices<T>(pieces: Iterator<unknown, T>, slice: TimeSlice): Promise<T> {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
    if (slice.over) await slice.yieldTurn();
  }
}

/** Goes through it at once: for little, and for whoever cannot wait. */
export function atOnce<T>(pieces: Iterator<unknown, T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

/** Time for those who also show people when something was: durations and deadlines never use the wall time. */
export interface StatusClock extends Clock {
  /** Milliseconds since 1970, for display only: it may jump. */
  wallTime(): number;
}
