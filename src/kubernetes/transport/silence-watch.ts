import type { TransportSettings } from './connection.js';

/** What can be asked of a path to the server. */
interface WatchedPath {
  /** Bytes received so far. */
  bytesReceived(): number;
  /** Provokes a byte where the path is alive. */
  probe(): void;
  /** Nothing came. */
  silent(): void;
}

/** Looks into which `readIdle` is divided: silence is noticed at most one of them late. */
const LOOKS = 6;

/**
 * Notices that a path is dead. An interval that merely sends PINGs would not: on a half-open path they vanish without
 * an error. So bytes are counted, and where none come after a probe the path is given up. Looks are counted, not
 * time: a process that was stopped for an hour must not take its own silence for the server's.
 */
export class SilenceWatch {
  readonly #path: WatchedPath;
  readonly #deadline: number;
  readonly #looking: NodeJS.Timeout;
  #waiting: NodeJS.Timeout | undefined;
  #judging: NodeJS.Immediate | undefined;
  #received = 0;
  #quietLooks = 0;

  constructor(
    path: WatchedPath,
    { readIdle, pongDeadline }: Pick<TransportSettings, 'readIdle' | 'pongDeadline'>,
  ) {
    this.#path = path;
    this.#deadline = pongDeadline;
    this.#looking = setInterval(() => this.#look(), readIdle / LOOKS);
  }

  stop(): void {
    clearInterval(this.#looking);
    clearTimeout(this.#waiting);
    clearImmediate(this.#judging);
  }

  #look(): void {
    const received = this.#path.bytesReceived();
    if (received !== this.#received) this.#alive(received);
    else this.#quietLooks += 1;
    if (this.#quietLooks < LOOKS || this.#waiting !== undefined) return;
    this.#waiting = setTimeout(() => this.#judgeSoon(received), this.#deadline);
    this.#path.probe();
  }

  #alive(received: number): void {
    this.#received = received;
    this.#quietLooks = 0;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  // Timers run before the sockets are read: after a stall the answer may be there and not yet seen.
  #judgeSoon(received: number): void {
    this.#judging = setImmediate(() => {
      this.#waiting = undefined;
      if (this.#path.bytesReceived() === received) this.#path.silent();
    });
  }
}
