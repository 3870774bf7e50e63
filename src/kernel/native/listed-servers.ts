import { type Address, isAddressAt } from '../../model/address.js';
import {
  type RealServer,
  type RealServers,
  realServer,
  type UnreadServers,
} from '../../model/real-server.js';
import type { VirtualServerListing } from './addon.js';
import { keyAt, realServerAt, SCHEDULER_SIZE } from './answer-decoder.js';
import { AnswerReader } from './answer-reader.js';
import type { RealServerRecord, ServerKey, ServerSettingsRecord } from './records.js';

/** What listVirtualServers() answers, one virtual server after the other. */
export function* listedServers({ answers, text, ends }: VirtualServerListing): Generator<ListedServer> {
  const reader = new AnswerReader(answers);
  const texts = new Texts(text, ends);
  const schedulers = new RepeatedText(reader);
  let first = 0;
  let place = 0;
  for (let offset = reader.firstRecord; offset < reader.endOfRecords; offset += reader.recordSize) {
    const count = reader.uint32(offset + COUNT);
    const records = new ListedRealServers(reader, first, count);
    const servers = texts.isEmpty(place + 1) ? records : new SpelledServers(texts, place + 1);
    const at = offset + SETTINGS;
    yield new ListedServer(reader, at, texts.at(place), schedulers.at(at + SCHEDULER), records, servers);
    first += count;
    place += TEXTS;
  }
}

/** Many short texts in one piece of memory: each is a string only as long as somebody needs it. */
class Texts {
  readonly #bytes: Buffer;
  readonly #ends: Uint32Array;

  constructor(text: ArrayBuffer, ends: ArrayBuffer) {
    this.#bytes = Buffer.from(text);
    this.#ends = new Uint32Array(ends);
  }

  isEmpty(place: number): boolean {
    return this.#startOf(place) === this.#ends[place];
  }

  at(place: number): string {
    return this.#bytes.toString('latin1', this.#startOf(place), this.#ends[place]);
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : (this.#ends[place - 1] as number);
  }
}

/** What lookVirtualServers() answers, one for each key. Nothing is read of the servers before it is asked for. */
export function lookedServers(answer: ArrayBuffer): LookedServer[] {
  const reader = new AnswerReader(answer);
  const schedulers = new RepeatedText(reader);
  let next = 0;
  return reader.records((offset) => {
    const presence = reader.int32(offset);
    if (presence < 0) return { kind: 'unknown', errno: presence };
    if (presence === 0) return { kind: 'absent' };
    const count = reader.uint32(offset + COUNT);
    const servers = new ListedRealServers(reader, next, count);
    next += count;
    const at = offset + SETTINGS;
    return {
      kind: 'present',
      server: new ListedServer(reader, at, '', schedulers.at(at + SCHEDULER), servers),
    };
  });
}

export type LookedServer =
  | { readonly kind: 'present'; readonly server: ListedServer }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly errno: number };

/** A virtual server of a listing or a look; its key is read only where its name is not enough. */
export class ListedServer implements ServerSettingsRecord {
  /** The key of its frontend; empty where it has none. */
  readonly name: string;
  readonly scheduler: string;
  /** Its real servers, as far as there are records of them. */
  readonly records: ListedRealServers;
  readonly realServers: UnreadServers;
  readonly #reader: AnswerReader;
  readonly #at: number;

  constructor(
    reader: AnswerReader,
    at: number,
    name: string,
    scheduler: string,
    records: ListedRealServers,
    realServers: UnreadServers = records,
  ) {
    this.#reader = reader;
    this.#at = at;
    this.name = name;
    this.scheduler = scheduler;
    this.records = records;
    this.realServers = realServers;
  }

  get key(): ServerKey {
    return keyAt(this.#reader, this.#at);
  }

  get flags(): number {
    return this.#reader.uint32(this.#at + FLAGS);
  }

  get timeout(): number {
    return this.#reader.uint32(this.#at + TIMEOUT);
  }
}

/** Texts of 16 bytes, of which nearly all are the same. */
class RepeatedText {
  readonly #reader: AnswerReader;
  #latest: number | undefined;
  #text = '';

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  at(offset: number): string {
    if (this.#latest === undefined || !this.#isSame(offset, this.#latest)) {
      this.#latest = offset;
      this.#text = this.#reader.text(offset, SCHEDULER_SIZE);
    }
    return this.#text;
  }

  #isSame(one: number, other: number): boolean {
    const reader = this.#reader;
    for (let at = 0; at < SCHEDULER_SIZE; at += 4)
      if (reader.uint32(one + at) !== reader.uint32(other + at)) return false;
    return true;
  }
}

/** In LookRecord. */
const COUNT = 4;
const SETTINGS = 8;
/** In VirtualServerRecord. */
const FLAGS = 8;
const TIMEOUT = 12;
const SCHEDULER = 32;
/** Of each virtual server: its name, and that of its real servers. */
const TEXTS = 2;
/** In RealServerRecord. */
const PORT = 2;
const WEIGHT = 4;
const ACTIVE = 8;
const INACTIVE = 12;
const ADDRESS = 20;

/**
 * The real servers of one virtual server as the text that says them all. After a restart nearly all are as they should
 * be, which their text tells: of those no object is made.
 */
class SpelledServers implements UnreadServers {
  readonly #texts: Texts;
  readonly #place: number;

  constructor(texts: Texts, place: number) {
    this.#texts = texts;
    this.#place = place;
  }

  get size(): number {
    return this.read().length;
  }

  read(): RealServer[] {
    const [port, weight, addresses] = this.#evenText.split(' ') as [string, string, string];
    return addresses
      .split(',')
      .map((address) => realServer(address as Address, Number(port), Number(weight)));
  }

  areThese(servers: RealServers): boolean {
    return servers.evenText === this.#evenText;
  }

  /** As `RealServers` have it. */
  get #evenText(): string {
    return this.#texts.at(this.#place);
  }
}

/** The real servers of one virtual server as their records have them: where those are as they should be, no object is made. */
export class ListedRealServers implements UnreadServers {
  readonly size: number;
  readonly #reader: AnswerReader;
  readonly #first: number;

  constructor(reader: AnswerReader, first: number, size: number) {
    this.#reader = reader;
    this.#first = first;
    this.size = size;
  }

  read(): RealServer[] {
    return Array.from({ length: this.size }, (_, index) => this.#serverAt(index));
  }

  records(): RealServerRecord[] {
    return Array.from({ length: this.size }, (_, index) =>
      realServerAt(this.#reader, this.#reader.extra(this.#first + index)),
    );
  }

  /** Those that have connections. */
  busy(): (readonly [RealServer, { readonly active: number; readonly inactive: number }])[] {
    const reader = this.#reader;
    const busy: ReturnType<ListedRealServers['busy']> = [];
    for (let index = 0; index < this.size; index++) {
      const at = reader.extra(this.#first + index);
      const active = reader.uint32(at + ACTIVE);
      const inactive = reader.uint32(at + INACTIVE);
      if (active !== 0 || inactive !== 0) busy.push([this.#serverAt(index), { active, inactive }]);
    }
    return busy;
  }

  // The kernel has the one first that was added last. In another order they are compared as objects.
  areThese(servers: RealServers): boolean {
    if (servers.size !== this.size) return false;
    const reader = this.#reader;
    let index = this.#first + this.size;
    for (const { address, port, weight } of servers) {
      const at = reader.extra(--index);
      if (reader.uint16(at + PORT) !== port || reader.int32(at + WEIGHT) !== weight) return false;
      if (!isAddressAt(address, reader.bytes, at + ADDRESS, reader.family(at))) return false;
    }
    return true;
  }

  #serverAt(index: number): RealServer {
    const { address, port, weight } = realServerAt(this.#reader, this.#reader.extra(this.#first + index));
    return realServer(address, port, weight);
  }
}
