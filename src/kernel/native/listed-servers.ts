import { isAddressAt } from '../../model/address.js';
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
export function* listedServers({ answers, texts }: VirtualServerListing): Generator<ListedServer> {
  const reader = new AnswerReader(answers);
  const schedulers = new RepeatedText(reader);
  let first = 0;
  let place = 0;
  for (let offset = reader.firstRecord; offset < reader.endOfRecords; offset += reader.recordSize) {
    const count = reader.uint32(offset + COUNT);
    const servers = new ListedRealServers(reader, first, count, texts[place + 1] as string);
    const at = offset + SETTINGS;
    yield new ListedServer(reader, at, texts[place] as string, schedulers.at(at + SCHEDULER), servers);
    first += count;
    place += TEXTS;
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
    const servers = new ListedRealServers(reader, next, count, '');
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
  readonly realServers: ListedRealServers;
  readonly #reader: AnswerReader;
  readonly #at: number;

  constructor(reader: AnswerReader, at: number, name: string, scheduler: string, servers: ListedRealServers) {
    this.#reader = reader;
    this.#at = at;
    this.name = name;
    this.scheduler = scheduler;
    this.realServers = servers;
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
 * The real servers of one virtual server as the addon listed them. After a restart nearly all of them are as they should
 * be, which their bytes tell: of those no object is made.
 */
export class ListedRealServers implements UnreadServers {
  readonly size: number;
  readonly #reader: AnswerReader;
  readonly #first: number;
  readonly #evenText: string;

  /** `evenText`: as `RealServers` have it; empty where they differ. */
  constructor(reader: AnswerReader, first: number, size: number, evenText: string) {
    this.#reader = reader;
    this.#first = first;
    this.size = size;
    this.#evenText = evenText;
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
    if (this.#evenText !== '' && servers.evenText === this.#evenText) return true;
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
