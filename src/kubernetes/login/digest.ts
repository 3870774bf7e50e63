import { type Clock, TimeSlice } from '../../model/clock.js';
import type { Splitter } from '../watch/line-splitter.js';

interface PieceTaker {
  /** May take long; then it gives way to others by itself, and the rest of the body waits. */
  take(piece: Buffer, slice: TimeSlice): Promise<void> | undefined;
  /** All that has arrived is taken, or others have their turn now. */
  settle(): void;
}

/** Takes a body in as it arrives, without ever holding up the event loop for long. Rejects as the body does. */
export async function digest(
  body: AsyncIterable<Uint8Array>,
  splitter: Splitter,
  clock: Clock,
  taker: PieceTaker,
): Promise<void> {
  const slice = new TimeSlice(clock);
  for await (const chunk of body) {
    for (const piece of splitter.push(chunk)) {
      const taking = taker.take(piece, slice);
      if (taking !== undefined) await taking;
      if (!slice.over) continue;
      taker.settle();
      await slice.rest();
    }
    taker.settle();
    if (slice.over) await slice.rest();
  }
}
