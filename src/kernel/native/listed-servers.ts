import { isAddressAt } from '../../model/address.js';
import {
  type RealServer,
  type RealServers,
  realServer,
  type UnreadServers,
} from '../../model/real-server.js';
import { realServerAt, settingsAt } from './answer-decoder.js';
import { AnswerReader } from './answer-reader.js';
import type { ServerSettingsRecord } from './records.js';

/** A virtual server of a listing. */
interface ListedServer extends ServerSettingsRecord {
  readonly realServers: ListedRealServers;
}

/** What listVirtualServers() answers, one virtual server after the other. */
export function* listedServers(answer: ArrayBuffer): Generator<ListedServer> {
  const reader = new AnswerReader(answer);
  let first = 0;
  for (let offset = reader.firstRecord; offset < reader.endOfRecords; offset += reader.recordSize) {
    const count = reader.uint32(offset + COUNT);
    yield {
      ...settingsAt(reader, offset + SETTINGS),
      realServers: new ListedRealServers(reader, first, count),
    };
    first += count;
  }
}

/** In LookRecord. */
const COUNT = 4;
const SETTINGS = 8;
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

  constructor(reader: AnswerReader, first: number, size: number) {
    this.#reader = reader;
    this.#first = first;
    this.size = size;
  }

  read(): RealServer[] {
    return Array.from({ length: this.size }, (_, index) => this.#serverAt(index));
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
