import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../../model/clock.js';
import { WatchFailure } from './watch-failure.js';

/** Acts once when nothing has been received for so long. */
export class SilenceDeadline {
  readonly #clock: Clock;
  readonly milliseconds: number;
  readonly #action: () => void;
  #lastReceived: number;
  #cancel: () => void;

  constructor(clock: Clock, milliseconds: number, action: () => void) {
    this.#clock = clock;
    this.milliseconds = milliseconds;
    this.#action = action;
    this.#lastReceived = clock.now();
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  /** Costs no timer, since it is called for every piece that arrives. */
  received(): void {
    this.#lastReceived = this.#clock.now();
  }

  cancel(): void {
    this.#cancel();
  }

  #look(): void {
    const left = this.#lastReceived + this.milliseconds - this.#clock.now();
    if (left <= 0) this.#action();
    else this.#cancel = this.#clock.after(left, () => this.#look());
  }
}

/** An API server ends a request that takes longer than a minute; one that does not answer for this long never will. */
const LONGEST_SILENCE = 90_000;

/** Does the work, and aborts it when nothing has been received for too long. `work` says when something was. */
export async function withinSilence<T>(
  clock: Clock,
  abort: AbortController,
  work: (silence: SilenceDeadline) => Promise<T>,
): Promise<T> {
  const silence = new SilenceDeadline(clock, LONGEST_SILENCE, () => abort.abort());
  try {
    return await work(silence);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    throw new WatchFailure('quiet', `was asked for, and nothing came for ${LONGEST_SILENCE / 1000} s.`);
  } finally {
    silence.cancel();
  }
}

/**
 * Half of the heap, in bytes of JSON: an object takes about as much when it is kept, and a listing is kept beside what
 * was known before it. With the 384 MiB of our manifests that is some 190 MiB. The largest cluster that Kubernetes is
 * designed for (150,000 Pods, 10,000 Services: sig-scalability's thresholds) has some 100 MiB at 500 bytes for an
 * endpoint and 3 KiB for a Service; these two sizes are estimates.
 */
const LONGEST = Math.floor(getHeapStatistics().heap_size_limit / 2);

/** Sees to it that one listing, in however many pieces and pages, does not fill the memory. */
export class ListingSize {
  readonly #longest: number;
  #bytes = 0;

  constructor(longest = LONGEST) {
    this.#longest = longest;
  }

  /** Throws WatchFailure where it is too much. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#longest) return;
    const size = `${Math.round(this.#longest / 2 ** 20)} MiB`;
    const remedy =
      'Look for what lies between this node and the API server; where the cluster is that large, raise the memory limit and ' +
      '--max-old-space-size together.';
    throw new WatchFailure('oversized', `was answered with a listing of more than ${size}.`, { remedy });
  }
}

/**
 * Of 500 objects each: a million, where the largest resource that Kubernetes is designed for has 150,000 (Pods; see
 * "Considerations for large clusters" in its documentation). Fewer objects of more bytes meet `ListingSize` first.
 */
const MOST_PAGES = 2_000;

/** Sees to it that a listing of several pages comes to its end: otherwise its objects would fill the memory. */
export class PageProgress {
  #last = '';
  #pages = 1;

  /**
   * Throws WatchFailure where the next page cannot lead to the end. `continueAt`: `metadata.continue` of the page
   * before.
   */
  check(continueAt: string): void {
    this.#pages++;
    if (continueAt === this.#last) throw endless('names the same next page again and again');
    if (this.#pages > MOST_PAGES) throw endless(`has more than ${MOST_PAGES} pages`);
    this.#last = continueAt;
  }
}

function endless(how: string): WatchFailure {
  const remedy = 'Look for what lies between this node and the API server.';
  return new WatchFailure('corrupt', `was answered with a listing that ${how}.`, { remedy });
}
