import { type Address, isAddressAt } from '../../model/address.js';
import {
  type RealServer,
  type RealServers,
  realServer,
  type UnreadServers,
} from '../../model/real-server.js';
import type { VirtualServerListing } from './addon.js';
import { decodeTexts, keyAt, realServerAt, SCHEDULER_SIZE } from './answer-decoder.js';
import { AnswerReader } from './answer-reader.js';
import type { RealServerRecord, ServerKey, ServerSettingsRecord, SpelledVirtualServers } from './records.js';

/** What listVirtualServers() answers, text by text. */
export function* listedParts({ texts, records }: VirtualServerListing): Generator<ListedPart> {
  const reader = new AnswerReader(records);
  let first = 0;
  for (const part of decodeTexts<SpelledVirtualServers>(texts)) {
    const counts = part.records;
    yield new ListedPart(part, counts && recordsOf(reader, first, counts));
    for (const count of counts ?? []) first += count;
  }
}

function recordsOf(reader: AnswerReader, start: number, counts: readonly number[]): ListedRealServers[] {
  let next = start;
  return counts.map((count) => {
    next += count;
    return new ListedRealServers(reader, next - count, count);
  });
}

/** Virtual servers of a listing. */
export class ListedPart {
  readonly spelled: SpelledVirtualServers;
  readonly #records: readonly ListedRealServers[] | undefined;

  constructor(spelled: SpelledVirtualServers, records: readonly ListedRealServers[] | undefined) {
    this.spelled = spelled;
    this.#records = records;
  }

  /** The real servers of one of them. */
  realServers(index: number): UnreadServers {
    const text = this.spelled.servers[index] as string;
    return text === '' ? (this.#records?.[index] ?? NONE) : new SpelledServers(text);
  }

  /** Those of its real servers that have connections. */
  busy(index: number): readonly BusyServer[] {
    return this.#records?.[index]?.busy() ?? [];
  }

  /** False: busy() would be empty for each of them. */
  get mayBeBusy(): boolean {
    return this.#records !== undefined;
  }
}

const NONE: UnreadServers = { size: 0, read: () => [], areThese: ({ size }) => size === 0 };

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
      server: new ListedServer(reader, at, schedulers.at(at + SCHEDULER), servers),
    };
  });
}

export type LookedServer =
  | { readonly kind: 'present'; readonly server: ListedServer }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly errno: number };

/** A virtual server of a look; of its key nothing is read before it is asked for. */
export class ListedServer implements ServerSettingsRecord {
  readonly scheduler: string;
  readonly realServers: ListedRealServers;
  readonly #reader: AnswerReader;
  readonly #at: number;

  constructor(reader: AnswerReader, at: number, scheduler: string, realServers: ListedRealServers) {
    this.#reader = reader;
    this.#at = at;
    this.scheduler = scheduler;
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
  /** As `RealServers` have it. */
  readonly #evenText: string;

  constructor(evenText: string) {
    this.#evenText = evenText;
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
}

type BusyServer = readonly [RealServer, { readonly active: number; readonly inactive: number }];

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
  busy(): BusyServer[] {
    const reader = this.#reader;
    const busy: BusyServer[] = [];
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
