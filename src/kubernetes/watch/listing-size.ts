import { getHeapStatistics } from 'node:v8';
import { WatchFailure } from './watch-failure.js';

/**
 * Half of the heap, in bytes of JSON: an object takes about as much when it is kept, and a listing is kept beside what was
 * known before it. With the 384 MiB of our manifests that is some 190 MiB. The largest cluster that Kubernetes is
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
