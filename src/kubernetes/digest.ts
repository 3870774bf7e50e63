import type { Clock } from '../model/clock.js';
import { TimeSlice } from '../model/time-slice.js';
import type { Splitter } from './line-splitter.js';

export interface Eater {
  take(piece: Buffer): void;
  /** All that has arrived is taken, or others have their turn now. */
  settle(): void;
}

/** Takes a body in as it arrives, without ever holding up the event loop for long. Rejects as the body does. */
export async function digest(
  body: AsyncIterable<Uint8Array>,
  splitter: Splitter,
  clock: Clock,
  eater: Eater,
): Promise<void> {
  const slice = new TimeSlice(clock);
  for await (const chunk of body) {
    for (const piece of splitter.push(chunk)) {
      eater.take(piece);
      if (!slice.over) continue;
      eater.settle();
      await slice.rest();
    }
    eater.settle();
    if (slice.over) await slice.rest();
  }
}
