import type { Version } from './resource.js';
import type { FailureKind } from './watch-failure.js';

/** Where in the server's history a store is, and how far that can be relied on. */
export class HistoryPlace {
  #version: Version | undefined;
  #listingDue = true;
  #isGone = false;
  #isUnconfirmed = false;

  /** All there is has to be sent anew, since events may have been missed. */
  get listingDue(): boolean {
    return this.#listingDue;
  }

  /**
   * The version to make sure of before a watch goes on from it: the server may be another now, with an earlier state.
   */
  get unconfirmed(): Version | undefined {
    return this.#isUnconfirmed && !this.#listingDue ? this.#version : undefined;
  }

  get forWatch(): Version {
    return this.#isGone ? '' : (this.#version ?? '');
  }

  // Where nothing is known yet, any state of the server's cache will do, since the watch goes on from there.
  get forPages(): Version {
    return this.#isGone ? '' : (this.#version ?? '0');
  }

  reached(version: Version): void {
    this.#version = version;
  }

  listed(): void {
    this.#listingDue = false;
    this.#isGone = false;
    this.#isUnconfirmed = false;
  }

  /** What was listed is to be listed anew, since nothing shows what changes after it. */
  relist(): void {
    this.#listingDue = true;
  }

  confirmed(): void {
    this.#isUnconfirmed = false;
  }

  /** Which failures cost the place. After all others the watch goes on where it was. */
  failed(kind: FailureKind): void {
    this.#isUnconfirmed = true;
    switch (kind) {
      case 'expired':
      case 'future-version':
      case 'rejected':
        this.#isGone = true;
        this.#listingDue = true;
        return;
      // What a line would have said is lost, be it the deletion of any object. Versions say nothing of what lies
      // between two of them, so that a complete listing is the only way to be sure that no event is lost.
      case 'corrupt':
      case 'oversized':
      case 'internal':
        this.#listingDue = true;
        return;
      default:
    }
  }
}
