import type { Clock } from '../../model/clock.js';
import { WatchFailure } from '../watch/watch-failure.js';
import { SilenceDeadline } from './silence-deadline.js';

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
