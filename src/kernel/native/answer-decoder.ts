import type { Address, Family } from '../../model/address.js';
import type { Protocol } from '../../model/protocol.js';
import { AnswerReader } from './answer-reader.js';
import {
  type AddressRecord,
  type ChangeRecord,
  type Counters,
  type ElementRecord,
  type FlowRecord,
  type LookAnswer,
  PROTOCOL_NUMBERS,
  type RealServerRecord,
  type ServerKey,
  type ServerSettingsRecord,
  type VirtualServerRecord,
} from './records.js';

export const SCHEDULER_SIZE = 16;
const NO_PREFIX = 255;
const CHANGE_KINDS = ['address-removed', 'device-removed', 'overrun', 'node-addresses'] as const;

const PROTOCOL_NAMES: ReadonlyMap<number, Protocol> = new Map(
  (Object.keys(PROTOCOL_NUMBERS) as Protocol[]).map((name) => [PROTOCOL_NUMBERS[name], name]),
);

export function decodeVirtualServers(answer: ArrayBuffer): VirtualServerRecord[] {
  return [...virtualServersOf(answer)];
}

/** Those and others that may be many thousand are also decoded one after the other, as they are asked for. */
export function virtualServersOf(answer: ArrayBuffer): Generator<VirtualServerRecord, void> {
  const reader = new AnswerReader(answer);
  return reader.each((offset) => virtualServerAt(reader, offset));
}

/** The same without what only a table of traffic needs. */
export function decodeServerSettings(answer: ArrayBuffer): ServerSettingsRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => settingsAt(reader, offset));
}

export function decodeLookAnswers(answer: ArrayBuffer): LookAnswer[] {
  const reader = new AnswerReader(answer);
  return looks(reader, (offset, first, count) => lookAnswer(reader, offset, first, count));
}

/**
 * For each key a digest (an integer below 2^53) of all that is set in the virtual server and its real servers: no
 * connections, no counters; undefined unless it is there.
 */
export function decodeDigests(answer: ArrayBuffer): (number | undefined)[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => {
    if (reader.int32(offset) <= 0) return undefined;
    return reader.uint53(offset + 8);
  });
}

export function serverKeysOf(answer: ArrayBuffer): Generator<ServerKey, void> {
  const reader = new AnswerReader(answer);
  return reader.each((offset) => keyAt(reader, offset));
}

/** The records of a look, each with the range of its extra items. */
function looks<Item>(
  reader: AnswerReader,
  decode: (offset: number, first: number, count: number) => Item,
): Item[] {
  let next = 0;
  return reader.records((offset) => {
    const count = reader.int32(offset) > 0 ? reader.uint32(offset + 4) : 0;
    next += count;
    return decode(offset, next - count, count);
  });
}

function lookAnswer(reader: AnswerReader, offset: number, first: number, count: number): LookAnswer {
  const presence = reader.int32(offset);
  if (presence < 0) return { kind: 'unknown', errno: presence };
  if (presence === 0) return { kind: 'absent' };
  const server = virtualServerAt(reader, offset + 8);
  const realServers = Array.from({ length: count }, (_, index) =>
    realServerAt(reader, reader.extra(first + index)),
  );
  return { kind: 'present', server, realServers };
}

function virtualServerAt(reader: AnswerReader, offset: number): VirtualServerRecord {
  const prefixLength = reader.uint8(offset + 48);
  return {
    ...settingsAt(reader, offset),
    prefixLength: prefixLength === NO_PREFIX ? undefined : prefixLength,
    counters: countersAt(reader, offset + 56),
  };
}

/** What is set in a virtual server whose record begins there. */
function settingsAt(reader: AnswerReader, offset: number): ServerSettingsRecord {
  return {
    key: keyAt(reader, offset),
    scheduler: reader.text(offset + 32, SCHEDULER_SIZE),
    flags: reader.uint32(offset + 8),
    timeout: reader.uint32(offset + 12),
  };
}

/** What the virtual server whose record begins there is known by. */
export function keyAt(reader: AnswerReader, offset: number): ServerKey {
  const family = reader.family(offset);
  const mark = reader.uint32(offset + 4);
  if (mark !== 0) return { family, mark };
  const protocol = PROTOCOL_NAMES.get(reader.uint8(offset + 1));
  if (protocol === undefined) throw new RangeError(`IPVS protocol ${reader.uint8(offset + 1)}`);
  return { address: reader.address(offset + 16, family), port: reader.uint16(offset + 2), protocol };
}

function countersAt(reader: AnswerReader, offset: number): Counters {
  return {
    connections: reader.uint64(offset),
    inPackets: reader.uint64(offset + 8),
    outPackets: reader.uint64(offset + 16),
    inBytes: reader.uint64(offset + 24),
    outBytes: reader.uint64(offset + 32),
  };
}

/** The real server whose record begins there. */
export function realServerAt(reader: AnswerReader, offset: number): RealServerRecord {
  return {
    address: reader.address(offset + 20, reader.family(offset)),
    port: reader.uint16(offset + 2),
    weight: reader.int32(offset + 4),
    forwarding: reader.uint8(offset + 1),
    active: reader.uint32(offset + 8),
    inactive: reader.uint32(offset + 12),
    upperThreshold: reader.uint32(offset + 16),
  };
}

export function decodeAddresses(answer: ArrayBuffer): AddressRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => ({
    address: reader.address(offset + 4, reader.family(offset)),
    prefixLength: reader.uint8(offset + 1),
    isRoute: reader.uint8(offset + 2) !== 0,
  }));
}

export function decodeElements(answer: ArrayBuffer): ElementRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => ({
    element: reader.part(offset + 16, reader.uint8(offset)),
    comment: reader.extraText(reader.uint32(offset + 4), reader.uint16(offset + 2)),
    mark: reader.uint32(offset + 8),
    flags: reader.uint32(offset + 12),
    freeBits: freeBitsAt(reader, offset + 1),
  }));
}

// One more than the number of bits; 0 where the element is no range.
function freeBitsAt(reader: AnswerReader, offset: number): number | undefined {
  const byte = reader.uint8(offset);
  return byte === 0 ? undefined : byte - 1;
}

/** Texts of JSON, one after the other. They are let go of on the way: tens of thousands of Services have megabytes of them. */
export function* decodeTexts<Item>(texts: string[]): Generator<Item, void> {
  for (const [index, text] of texts.entries()) {
    texts[index] = '';
    yield JSON.parse(text);
  }
}

export function decodeFlows(answer: ArrayBuffer): FlowRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset) => new Flow(reader, offset));
}

/** Reads of the answer only what it is asked for. */
class Flow implements FlowRecord {
  readonly #reader: AnswerReader;
  readonly #offset: number;

  constructor(reader: AnswerReader, offset: number) {
    this.#reader = reader;
    this.#offset = offset;
  }

  get family(): Family {
    return this.#reader.family(this.#offset);
  }

  get protocol(): Protocol | undefined {
    return PROTOCOL_NAMES.get(this.#reader.uint8(this.#offset + 1));
  }

  get source(): Address {
    return this.#address(16);
  }

  get destination(): Address {
    return this.#address(32);
  }

  get destinationPort(): number {
    return this.#reader.uint16(this.#offset + 4);
  }

  get replySource(): Address {
    return this.#address(48);
  }

  get replySourcePort(): number {
    return this.#reader.uint16(this.#offset + 6);
  }

  get replyDestination(): Address {
    return this.#address(64);
  }

  get replyDestinationPort(): number {
    return this.#reader.uint16(this.#offset + 8);
  }

  get status(): number {
    return this.#reader.uint32(this.#offset + 12);
  }

  // Family and protocol; the two ports of the service; then its address, the server's, and to whom that answers.
  get way(): string {
    const [reader, offset] = [this.#reader, this.#offset];
    return reader.latin1(offset, 2) + reader.latin1(offset + 4, 4) + reader.latin1(offset + 32, 48);
  }

  #address(from: number): Address {
    return this.#reader.address(this.#offset + from, this.family);
  }
}

export function decodeChanges(answer: ArrayBuffer): ChangeRecord[] {
  const reader = new AnswerReader(answer);
  return reader.records((offset): ChangeRecord => {
    const kind = CHANGE_KINDS[reader.uint8(offset) - 1] ?? 'overrun';
    if (kind !== 'address-removed') return { kind };
    return {
      kind,
      address: reader.address(offset + 4, reader.family(offset + 1)),
      isRoute: reader.uint8(offset + 2) !== 0,
    };
  });
}
