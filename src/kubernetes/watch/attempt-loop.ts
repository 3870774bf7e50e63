import { type Clock, Pause } from '../../model/clock.js';
import type { ApiTransport } from '../transport/api-transport.js';
import { unlessAborted } from '../transport/exchange.js';
import { BackOff } from './back-off.js';
import { asWatchFailure, type FailureKind, type WatchFailure } from './watch-failure.js';

interface AttemptLoopParts {
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly probe: ReachabilityProbe;
  /** Resolves with the milliseconds until the next attempt. Ends early when `abort` is aborted, and may abort it. */
  attempt(abort: AbortController): Promise<number>;
  /** Milliseconds until the next attempt; undefined: as the back-off says. */
  failed(failure: WatchFailure): number | undefined;
  /** The server still accepts no connections some time after this failure. */
  lasting(failure: WatchFailure): void;
}

/** Milliseconds after which it is a problem that nothing accepts connections: a restart may take less. */
const OUTAGE = 2_000;

/**
 * Once a server accepts connections again, its clients come within so many milliseconds by chance, and within the
 * period of the probe: see docs/decisions/0015.
 */
const RETURN_SPREAD = 1_000;

/**
 * After these the server may accept no connections, which a bare one shows at once: a back-off before it would be
 * waited for in vain, and grows where a server is restarted several times.
 */
const UNREACHED: ReadonlySet<FailureKind> = new Set(['connect', 'lost', 'silent']);

/** Attempts, one after the other, with a wait between two of them, until it is stopped. */
export class AttemptLoop {
  readonly #parts: AttemptLoopParts;
  readonly #backOff: BackOff;
  readonly #pause: Pause;
  #abort = new AbortController();
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(parts: AttemptLoopParts) {
    this.#parts = parts;
    this.#backOff = new BackOff(parts.clock, parts.random);
    this.#pause = new Pause(parts.clock);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when no attempt is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#abort.abort();
    this.#pause.end();
    await this.#running;
  }

  /** Ends the wait between two attempts. */
  wake(): void {
    this.#pause.end();
  }

  /** The next failure is a first one again. */
  succeeded(): void {
    this.#backOff.succeeded();
  }

  /** At least this, at most twice as long. */
  spread(milliseconds: number): number {
    return this.#backOff.spread(milliseconds);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const wait = await this.#attempt();
      if (wait > 0 && !this.#stopped) await this.#pause.take(wait);
    }
  }

  async #attempt(): Promise<number> {
    this.#abort = new AbortController();
    try {
      return await this.#parts.attempt(this.#abort);
    } catch (error) {
      return this.#stopped ? 0 : await this.#waitAfter(asWatchFailure(error));
    }
  }

  async #waitAfter(failure: WatchFailure): Promise<number> {
    const wait = this.#parts.failed(failure);
    if (wait !== undefined) return wait;
    const returned = UNREACHED.has(failure.kind) && (await this.#returned(failure));
    return returned ? this.#parts.random() * RETURN_SPREAD : this.#backOff.failed(failure.retryAfter);
  }

  /** Whether the server accepted no connections; then it does again. */
  async #returned(failure: WatchFailure): Promise<boolean> {
    this.#abort = new AbortController();
    if (this.#stopped) return false;
    const cancel = this.#parts.clock.after(OUTAGE, () => this.#parts.lasting(failure));
    try {
      return await this.#parts.probe.untilReachable(this.#abort.signal);
    } catch {
      return false;
    } finally {
      cancel();
    }
  }
}

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
   * Resolves with false where the server accepts connections, so that something else is wrong; otherwise with true as
   * soon as it does. Rejects when the signal is aborted.
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
      // An attempt that nobody answered has taken longer than the period already: a host that is back would wait for
      // both.
      if (!signal.aborted) await this.#pause.take(Math.max(0, next - clock.now()));
    }
    return false;
  }
}
