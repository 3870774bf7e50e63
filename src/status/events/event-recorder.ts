import { createHash } from 'node:crypto';
import { Pause, type StatusClock } from '../../model/clock.js';
import type { EventRecord, EventSink, EventSubject } from '../../model/event.js';
import type { Counts } from '../metrics/exposition.js';
import { type Rate, TokenBucket } from '../rate-limits.js';

/** What an Event says, before it is limited, named and counted. */
export interface Occurrence {
  readonly subject: EventSubject;
  readonly type: EventRecord['type'];
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /**
   * True for what every node finds alike: all of them give the Event one name, so that the first makes it and the
   * cluster does not get the same one from each node.
   */
  readonly everywhere?: boolean;
}

/** client-go's spam filter allows 25 and then one in five minutes. */
const EACH: Rate = { burst: 10, refill: 300_000 };
const ALL: Rate = { burst: 50, refill: 1_000 };
/** Repeats are gathered for so long; after as long a time without any, the next one is a new Event. */
const SERIES_MILLISECONDS = 360_000;
const MOST_SERIES = 1_000;

interface Series {
  readonly event: EventRecord;
  readonly everywhere: boolean;
  sentAt: number;
  count: number;
  last: number;
  lastAt: number;
}

/**
 * Turns occurrences into few Events: repeats become one series that is sent every six minutes at most, and each object,
 * like all of them together, has a limited number of Events.
 */
export class EventRecorder {
  readonly #clock: StatusClock;
  readonly #outbox: EventOutbox;
  readonly #counts: Counts;
  readonly #all: TokenBucket;
  readonly #each = new Map<string, TokenBucket>();
  readonly #series = new Map<string, Series>();

  constructor(sink: EventSink, clock: StatusClock, counts: Counts) {
    this.#clock = clock;
    this.#counts = counts;
    this.#outbox = new EventOutbox(sink, clock, counts);
    this.#all = new TokenBucket(clock, ALL);
  }

  /** Never blocks and never throws. */
  record(occurrence: Occurrence): void {
    const key = keyOf(occurrence);
    const series = this.#series.get(key);
    if (series !== undefined && this.#clock.now() - series.lastAt < SERIES_MILLISECONDS) this.#repeat(series);
    else this.#begin(key, occurrence);
  }

  close(): void {
    this.#outbox.close();
  }

  #begin(key: string, occurrence: Occurrence): void {
    this.#series.delete(key);
    if (!this.#isAllowed(occurrence.subject)) {
      this.#counts.add(1, 'dropped');
      return;
    }
    this.#makeRoom();
    const { everywhere = false, ...rest } = occurrence;
    const now = this.#clock.wallTime();
    const name = `${stem(occurrence.subject.name)}.${everywhere ? digest(key) : stamp(now, key)}`;
    const event: EventRecord = { ...rest, name, first: now, last: now, count: 1 };
    const at = this.#clock.now();
    this.#series.set(key, { event, everywhere, sentAt: at, count: 1, last: now, lastAt: at });
    this.#outbox.add(event);
  }

  // The count of an Event that all nodes share is unknown.
  #repeat(series: Series): void {
    series.count++;
    series.last = this.#clock.wallTime();
    series.lastAt = this.#clock.now();
    if (series.everywhere || series.lastAt - series.sentAt < SERIES_MILLISECONDS) return;
    if (!this.#all.take()) return;
    series.sentAt = series.lastAt;
    this.#outbox.add({ ...series.event, last: series.last, count: series.count });
  }

  #isAllowed({ kind, namespace, name }: EventSubject): boolean {
    const key = `${kind} ${namespace}/${name}`;
    const bucket = this.#each.get(key) ?? new TokenBucket(this.#clock, EACH);
    this.#each.set(key, bucket);
    return bucket.take() && this.#all.take();
  }

  #makeRoom(): void {
    if (this.#series.size >= MOST_SERIES) this.#series.delete(this.#series.keys().next().value ?? '');
    if (this.#each.size < MOST_SERIES) return;
    for (const [key, bucket] of this.#each) if (bucket.isFull) this.#each.delete(key);
  }
}

function keyOf({ subject, type, reason, action, note }: Occurrence): string {
  return JSON.stringify([
    subject.kind,
    subject.namespace,
    subject.name,
    subject.uid,
    type,
    reason,
    action,
    note,
  ]);
}

// The whole may have 253 characters (RFC 1123 subdomain), and no label of it may end in a dash.
function stem(name: string): string {
  return name.slice(0, 220).replace(/[-.]+$/, '');
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

// Time alone would give two Events of one millisecond the same name.
function stamp(now: number, key: string): string {
  return `${now.toString(16)}${digest(key).slice(0, 6)}`;
}

const CAPACITY = 200;
const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 10_000;

/**
 * Events on their way to the API server, one at a time. Nothing waits for it: when it is full the new ones are dropped,
 * and what could not be sent in three attempts is given up. Both are counted.
 */
class EventOutbox {
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
        // Closed while the request was under way: nothing would end the pause any more.
        if (attempt === ATTEMPTS || this.#closed) break;
        await this.#pause.take(PAUSE_MILLISECONDS);
      }
    return 'failed';
  }
}
