import type { VirtualServerListing } from '../../src/kernel/native/addon.js';
import type {
  AddressRecord,
  Counters,
  ElementRecord,
  KernelOperation,
  LookAnswer,
  RealServerRecord,
  ServerKey,
  SpelledVirtualServers,
  VirtualServerRecord,
} from '../../src/kernel/native/records.js';
import { type Address, addressBytes, formatAddress } from '../../src/model/address.js';
import type { Protocol } from '../../src/model/protocol.js';

/**
 * The other half of the codec, as native/records.h describes it: what C++ would write, and what it would read. Written
 * from the header and not from src/, so that the same slip would have to be made twice.
 */

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const PROTOCOLS: Readonly<Record<number, Protocol>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };

class Packed {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static empty(size: number): Packed {
    return new Packed(new Uint8Array(size));
  }

  u16(offset: number, value?: number): number {
    if (value !== undefined) this.view.setUint16(offset, value, LITTLE);
    return this.view.getUint16(offset, LITTLE);
  }

  u32(offset: number, value?: number): number {
    if (value !== undefined) this.view.setUint32(offset, value, LITTLE);
    return this.view.getUint32(offset, LITTLE);
  }

  address(offset: number, family: number): Address {
    return formatAddress(this.bytes.subarray(offset, offset + (family === 2 ? 4 : 16)));
  }
}

function answer(
  records: readonly Uint8Array[],
  recordSize: number,
  extra: readonly Uint8Array[],
  extraSize: number,
) {
  const header = Packed.empty(16);
  const extraBytes = extra.reduce((sum, { length }) => sum + length, 0);
  header.u32(0, recordSize);
  header.u32(4, records.length);
  header.u32(8, extraSize);
  header.u32(12, extraBytes / extraSize);
  const all = Buffer.concat([header.bytes, ...records, ...extra]);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.length) as ArrayBuffer;
}

function familyNumber(address: Address): number {
  return address.includes(':') ? 10 : 2;
}

const VIRTUAL_SERVER_SIZE = 96;

function writeCounters(record: Packed, offset: number, counters: Counters): void {
  const values = [
    ...[counters.connections, counters.inPackets, counters.outPackets, counters.inBytes, counters.outBytes],
  ];
  values.forEach((value, index) => {
    record.view.setBigUint64(offset + index * 8, BigInt(value), LITTLE);
  });
}

function virtualServerBytes({ key, ...server }: VirtualServerRecord): Uint8Array {
  const record = Packed.empty(VIRTUAL_SERVER_SIZE);
  if ('mark' in key) {
    record.bytes[0] = key.family === 'IPv4' ? 2 : 10;
    record.u32(4, key.mark);
  } else {
    record.bytes[0] = familyNumber(key.address);
    record.bytes[1] = { TCP: 6, UDP: 17, SCTP: 132 }[key.protocol];
    record.u16(2, key.port);
    record.bytes.set(addressBytes(key.address), 16);
  }
  record.u32(8, server.flags);
  record.u32(12, server.timeout);
  record.bytes.set(Buffer.from(server.scheduler), 32);
  record.bytes[48] = server.prefixLength ?? 255;
  writeCounters(record, 56, server.counters);
  return record.bytes;
}

function realServerBytes(server: RealServerRecord): Uint8Array {
  const record = Packed.empty(36);
  record.bytes[0] = familyNumber(server.address);
  record.bytes[1] = server.forwarding;
  record.u16(2, server.port);
  record.view.setInt32(4, server.weight, LITTLE);
  record.u32(8, server.active);
  record.u32(12, server.inactive);
  record.u32(16, server.upperThreshold);
  record.bytes.set(addressBytes(server.address), 20);
  return record.bytes;
}

export function virtualServerAnswer(servers: readonly VirtualServerRecord[]): ArrayBuffer {
  return answer(servers.map(virtualServerBytes), VIRTUAL_SERVER_SIZE, [], 1);
}

export function lookAnswer(answers: readonly LookAnswer[]): ArrayBuffer {
  const records = answers.map((given) => {
    const record = Packed.empty(8 + VIRTUAL_SERVER_SIZE);
    const present = given.kind === 'present';
    record.view.setInt32(0, given.kind === 'unknown' ? given.errno : present ? 1 : 0, LITTLE);
    record.u32(4, present ? given.realServers.length : 0);
    if (present) record.bytes.set(virtualServerBytes(given.server), 8);
    return record.bytes;
  });
  const extra = answers.flatMap((given) =>
    given.kind === 'present' ? given.realServers.map(realServerBytes) : [],
  );
  return answer(records, 8 + VIRTUAL_SERVER_SIZE, extra, 36);
}

/** A listing of these texts, with the records that they count. */
export function listing(
  spelled: readonly SpelledVirtualServers[],
  records: readonly RealServerRecord[] = [],
): VirtualServerListing {
  const texts = spelled.map((each) => JSON.stringify(each));
  return { texts, records: answer([], 104, records.map(realServerBytes), 36) };
}

/** Presences with digests of two words each. */
export function digestAnswer(
  digests: readonly { readonly presence: number; readonly low: number; readonly high: number }[],
): ArrayBuffer {
  const records = digests.map(({ presence, low, high }) => {
    const record = Packed.empty(16);
    record.view.setInt32(0, presence, LITTLE);
    record.u32(LITTLE ? 8 : 12, low);
    record.u32(LITTLE ? 12 : 8, high);
    return record.bytes;
  });
  return answer(records, 16, [], 1);
}

export function addressAnswer(addresses: readonly AddressRecord[]): ArrayBuffer {
  const records = addresses.map(({ address, prefixLength, isRoute }) => {
    const record = Packed.empty(20);
    record.bytes.set([familyNumber(address), prefixLength, isRoute ? 1 : 0]);
    record.bytes.set(addressBytes(address), 4);
    return record.bytes;
  });
  return answer(records, 20, [], 1);
}

export function elementAnswer(elements: readonly ElementRecord[]): ArrayBuffer {
  const comments: Buffer[] = [];
  const records = elements.map(({ element, comment, mark, flags, freeBits }) => {
    const record = Packed.empty(64);
    const text = Buffer.from(comment);
    record.bytes[0] = element.length;
    record.u16(2, text.length);
    record.u32(4, Buffer.concat(comments).length);
    record.u32(8, mark);
    record.u32(12, flags);
    record.bytes[1] = freeBits === undefined ? 0 : freeBits + 1;
    record.bytes.set(element, 16);
    comments.push(text);
    return record.bytes;
  });
  return answer(records, 64, comments, 1);
}

/** One removal for each address, then a lost device and an overrun. */
/** Removals of an address and of a route, and the two changes that name none. */
export function changeAnswer(removed: readonly Pick<AddressRecord, 'address' | 'isRoute'>[]): ArrayBuffer {
  const removals = removed.map(({ address, isRoute }) => {
    const record = Packed.empty(20);
    record.bytes.set([1, familyNumber(address), isRoute ? 1 : 0]);
    record.bytes.set(addressBytes(address), 4);
    return record.bytes;
  });
  const others = [2, 3].map((kind) => Uint8Array.of(kind, ...new Uint8Array(19)));
  return answer([...removals, ...others], 20, [], 1);
}

export function decodeOperations(buffer: Uint8Array, count: number): KernelOperation[] {
  return Array.from({ length: count }, (_, index) =>
    decodeOperation(new Packed(buffer.subarray(index * 80, (index + 1) * 80)), buffer),
  );
}

function decodeOperation(record: Packed, buffer: Uint8Array): KernelOperation {
  const [kind = 0, family = 0, , third = 0] = record.bytes;
  const key = keyOf(record);
  const target = { address: record.address(40, family), port: record.u16(6) };
  const element = record.bytes.slice(24, 24 + third);
  switch (kind) {
    case 1:
    case 2: {
      const scheduler = Buffer.from(record.bytes.subarray(56, 72)).toString().replace(/\0+$/, '');
      const settings = { key, scheduler, flags: record.u32(12), timeout: record.u32(16) };
      return { kind: kind === 1 ? 'add-virtual-server' : 'set-virtual-server', ...settings };
    }
    case 3:
      return { kind: 'delete-virtual-server', key };
    case 4:
    case 5: {
      const server = { key, ...target, weight: record.view.getInt32(20, LITTLE), forwarding: third };
      return { kind: kind === 4 ? 'add-real-server' : 'set-real-server', ...server };
    }
    case 6:
      return { kind: 'delete-real-server', key, ...target };
    case 7:
      return { kind: 'bind-address', address: record.address(24, family) };
    case 8:
      return { kind: 'unbind-address', address: record.address(24, family) };
    case 9: {
      const start = record.u32(72);
      const comment = Buffer.from(buffer.subarray(start, start + record.u16(76))).toString();
      return { kind: 'add-element', set: record.u16(78), element, comment, mark: record.u32(8) };
    }
    case 10:
      return { kind: 'delete-element', set: record.u16(78), element };
    case 12:
      return { kind: 'bind-route', address: record.address(24, family) };
    case 13:
      return { kind: 'unbind-route', address: record.address(24, family) };
    default:
      if ('mark' in key) throw new Error('a mark has no flows');
      return { kind: 'forget-flows', key, ...target };
  }
}

function keyOf(record: Packed): ServerKey {
  const [, family = 0, protocol = 0] = record.bytes;
  const mark = record.u32(8);
  if (mark !== 0) return { family: family === 2 ? 'IPv4' : 'IPv6', mark };
  return {
    address: record.address(24, family),
    port: record.u16(4),
    protocol: PROTOCOLS[protocol] ?? 'TCP',
  };
}
