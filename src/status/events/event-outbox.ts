import { Pause } from '../../model/clock.js';
import type { EventRecord, EventSink } from '../../model/event.js';
import type { Counts } from '../metrics/exposition.js';
import type { StatusClock } from '../status-clock.js';

const CAPACITY = 200;
const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 10_000;

/**
 * Events on their way to the API server, one at a time. Nobody waits for it: when it is full the new ones are dropped, and what
 * could not be sent in three attempts is given up. Both are counted.
 */
export class EventOutbox {
  readonly #sink: EventSink;
  /** Ended when the outbox is closed: nothing may keep the process from ending. */
  readonly #pause: Pause;
  readonly #counts: Counts;
  readonly #queue: EventRecord[] = [];
  #sending = false;
  #closed = false;

  /** `counts` has the label outcome: sent, refused, failed, dropped. */
  constructor(sink: EventSink, clock: StatusClock, counts: Counts) {
    this.#sink = sink;
    this.#pause = new Pause(clock);
    this.#counts = counts;
  }

  add(event: EventRecord): void {
    if (this.#closed || this.#queue.length >= CAPACITY) {
      this.#counts.add(1, 'dropped');
      return;
    }
    this.#queue.push(event);
    if (!this.#sending) void this.#sendAll();
  }

  /** What is not sent yet is not sent any more. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#pause.end();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift())
      this.#counts.add(1, await this.#send(event));
    this.#sending = false;
  }

  async #send(event: EventRecord): Promise<'sent' | 'refused' | 'failed'> {
    for (let attempt = 1; !this.#closed; attempt++)
      try {
        return await this.#sink.send(event);
      } catch {
        // Closed while the request was under way: nobody would end the pause any more.
        if (attempt === ATTEMPTS || this.#closed) break;
        await this.#pause.take(PAUSE_MILLISECONDS);
      }
    return 'failed';
  }
}
