import { setTimeout as sleep } from 'node:timers/promises';

/** What was waited for did not come in time. */
export class WaitedInVain extends Error {
  override readonly name = 'WaitedInVain';
}

interface Patience {
  /** Ends the sentence "waited 60 s for …". */
  readonly what: string;
  /** 60 unless said: an emulated machine on a busy one takes ten times as long as alone. */
  readonly seconds?: number;
  /** Milliseconds between two looks; 100 unless said. */
  readonly interval?: number;
}

/** Looks again and again until the answer is something other than undefined or false, and answers with it. */
export async function waitUntil<T>(
  look: () => Promise<T | undefined | false>,
  { what, seconds = 60, interval = 100 }: Patience,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new WaitedInVain(`waited ${seconds} s for ${what}`);
    await sleep(interval);
  }
}
