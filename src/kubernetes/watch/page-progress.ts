import { WatchFailure } from './watch-failure.js';

/**
 * Of 500 objects each: a million, where the largest resource that Kubernetes is designed for has 150,000 (Pods; see
 * "Considerations for large clusters" in its documentation). Fewer objects of more bytes meet `ListingSize` first.
 */
const MOST_PAGES = 2_000;

/** Sees to it that a listing of several pages comes to its end: otherwise its objects would fill the memory. */
export class PageProgress {
  #last = '';
  #pages = 1;

  /** Throws WatchFailure where the next page cannot lead to the end. `continueAt`: `metadata.continue` of the page before. */
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
