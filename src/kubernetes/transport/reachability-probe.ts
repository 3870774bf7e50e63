import { type Clock, Pause } from '../../model/clock.js';
import type { ApiTransport } from './api-transport.js';
import { unlessAborted } from './exchange.js';

/** From one connection attempt to the next, in milliseconds; up to a quarter more or less by chance. */
const PERIOD = 1_000;

interface ProbeParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/**
 * Finds out when a server that accepts no connections accepts them again, with one bare connection attempt a second for
 * everybody who waits. Without it whoever waits would come back only when a back-off of up to 30 s ends.
 */
export class ReachabilityProbe {
  readonly #parts: ProbeParts;
  readonly #abort = new AbortController();
  readonly #pause: Pause;
  #probing: Promise<boolean> | undefined;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
    this.#pause = new Pause(parts.clock);
  }

  /**
   * Resolves with false where the server accepts connections, so that something else is wrong; otherwise with true as soon
   * as it does. Rejects when the signal is aborted.
   */
  untilReachable(signal: AbortSignal): Promise<boolean> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    return unlessAborted(this.#probing, signal);
  }

  stop(): void {
    this.#abort.abort();
    this.#pause.end();
  }

  async #probe(): Promise<boolean> {
    const { transport, clock, random } = this.#parts;
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted; failures++) {
      const next = clock.now() + PERIOD * (0.75 + random() / 2);
      if (await transport.isReachable(signal)) return failures > 0;
      // An attempt that nobody answered has taken longer than the period already: a host that is back would wait for both.
      if (!signal.aborted) await this.#pause.take(Math.max(0, next - clock.now()));
    }
    return false;
  }
}
