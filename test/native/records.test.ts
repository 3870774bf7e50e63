import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeAddresses,
  decodeChanges,
  decodeDigests,
  decodeElements,
  decodeLookAnswers,
  decodeVirtualServers,
} from '../../src/kernel/native/answer-decoder.js';
import {
  encodeKeys,
  encodeOperations,
  OperationEncoder,
  RecordSpace,
} from '../../src/kernel/native/operation-encoder.js';
import type {
  AddressKey,
  Counters,
  KernelOperation,
  RealServerRecord,
  VirtualServerRecord,
} from '../../src/kernel/native/records.js';
import { type Address, addressBytes, formatAddress } from '../../src/model/address.js';
import { POD_1, POD_1_6, POD_2, VIP_A, VIP_A6 } from '../support/addresses.js';
import {
  addressAnswer,
  changeAnswer,
  decodeOperations,
  digestAnswer,
  elementAnswer,
  lookAnswer,
  virtualServerAnswer,
} from './packed-answers.js';

const port = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => formatAddress(bytes));
// fd00::/8 keeps clear of IPv4-mapped addresses, which the model refuses.
const ipv6 = fc
  .uint8Array({ minLength: 15, maxLength: 15 })
  .map((bytes) => formatAddress(Uint8Array.of(0xfd, ...bytes)));
const address = fc.oneof(ipv4, ipv6);
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const addressKey: fc.Arbitrary<AddressKey> = fc.record({ address, port, protocol });
const mark = fc.integer({ min: 1, max: 0xffff_ffff });
const key = fc.oneof(addressKey, fc.record({ family: fc.constantFrom('IPv4', 'IPv6'), mark }));
const scheduler = fc.stringMatching(/^[a-z]{1,15}$/);
const element = fc.uint8Array({ minLength: 1, maxLength: 48 });
const counter = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

// A virtual server and a real server are of one family.
const pair = fc.oneof(
  fc.record({ key: fc.record({ address: ipv4, port, protocol }), address: ipv4, port }),
  fc.record({ key: fc.record({ address: ipv6, port, protocol }), address: ipv6, port }),
);
const markPair = fc
  .record({ family: fc.constant('IPv6'), mark })
  .chain((markKey) => fc.record({ key: fc.constant(markKey), address: ipv6, port }));

const operation: fc.Arbitrary<KernelOperation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('add-virtual-server', 'set-virtual-server'),
    key,
    scheduler,
    flags: uint32,
    timeout: uint32,
  }),
  fc.record({ kind: fc.constant('delete-virtual-server'), key }),
  fc
    .tuple(
      fc.oneof(pair, markPair),
      fc.record({
        kind: fc.constantFrom('add-real-server', 'set-real-server'),
        weight: fc.integer({ min: -1, max: 0x7fff_ffff }),
        forwarding: fc.integer({ min: 0, max: 4 }),
      }),
    )
    .map(([servers, settings]) => ({ ...servers, ...settings })),
  fc.oneof(pair, markPair).map((servers) => ({ kind: 'delete-real-server', ...servers }) as const),
  fc.record({
    kind: fc.constantFrom('bind-address', 'unbind-address', 'bind-route', 'unbind-route'),
    address,
  }),
  fc.record({
    kind: fc.constant('add-element'),
    set: port,
    element,
    comment: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    mark: uint32,
  }),
  fc.record({ kind: fc.constant('delete-element'), set: port, element }),
  pair.map((servers) => ({ kind: 'forget-flows', ...servers }) as const),
);

const counters: fc.Arbitrary<Counters> = fc.record({
  connections: counter,
  inPackets: counter,
  outPackets: counter,
  inBytes: counter,
  outBytes: counter,
});

const virtualServer: fc.Arbitrary<VirtualServerRecord> = fc.record({
  key,
  scheduler,
  flags: uint32,
  timeout: uint32,
  prefixLength: fc.option(fc.integer({ min: 0, max: 128 }), { nil: undefined }),
  counters,
});

const realServer: fc.Arbitrary<RealServerRecord> = fc.record({
  address,
  port,
  weight: fc.integer({ min: 0, max: 0x7fff_ffff }),
  forwarding: fc.integer({ min: 0, max: 4 }),
  active: uint32,
  inactive: uint32,
  upperThreshold: uint32,
});

function keyLists(buffer: Uint8Array, count: number) {
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  return Array.from({ length: count }, (_, index) => {
    const at = index * 80;
    const start = view.getUint32(at + 72, true);
    const text = Buffer.from(buffer.subarray(start, start + view.getUint16(at + 76, true))).toString();
    return {
      kind: buffer[at],
      parts: view.getUint32(at + 12, true),
      set: view.getUint16(at + 78, true),
      text,
    };
  });
}

describe('operation records', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const { buffer, count } = encodeOperations(operations);
        expect(count).toBe(operations.length);
        expect(decodeOperations(buffer, count)).toEqual(operations);
      }),
    );
  });

  it('may be more than were announced, in memory whose size is no multiple of theirs', () => {
    const space = new RecordSpace();
    space.take(100);
    const encoder = new OperationEncoder(1, space);
    const unbind = { kind: 'unbind-route', address: VIP_A } as const;
    for (let time = 0; time < 3; time++) encoder.push(unbind);
    const { buffer, count } = encoder.finish();
    expect(decodeOperations(buffer, count)).toEqual([unbind, unbind, unbind]);
  });

  it('of servers that differ in their address only are one, with an answer for each', () => {
    const key = { address: VIP_A, port: 0x1234, protocol: 'UDP' } as const;
    const addresses = [POD_1, POD_2];
    const order = { seed: -2, sort: () => undefined };
    const encoder = new OperationEncoder(3);
    encoder.push({ kind: 'delete-virtual-server', key });
    encoder.pushRealServers(key, { addresses, port: 0x5678, weight: 7, order }, 3);
    encoder.pushRealServers(key, { addresses, port: 0x5678, weight: 7, order: undefined }, 0);
    expect(encoder.answers).toBe(5);
    const { buffer, count } = encoder.finish();
    expect([count, buffer.length]).toEqual([3, 3 * 80 + 2 * 21]);
    const expected = new Uint8Array(80);
    expected.set([14, 2, 17, 0, 0x34, 0x12, 0x78, 0x56]);
    expected.set([0xfe, 0xff, 0xff, 0xff, 3, 0, 0, 0, 7, 0, 0, 0], 12);
    expected.set(addressBytes(VIP_A), 24);
    expected.set([240, 0, 0, 0, 21, 0, 1, 0], 72);
    expect(buffer.subarray(80, 160)).toEqual(expected);
    expect(Buffer.from(buffer.subarray(240, 261)).toString()).toBe('10.244.0.1,10.244.0.2');
    expect([...buffer.subarray(160 + 72, 240)]).toEqual([5, 1, 0, 0, 21, 0, 0, 0]);
  });

  it('of elements and addresses that their text names are one for neighbours of one kind and set', () => {
    const encoder = new OperationEncoder(1);
    encoder.pushKey('add-element', 7, 2, '10.96.0.10:80/TCP', 'shop/web');
    encoder.pushKey('add-element', 7, 2, '10.96.0.11:80/TCP', 'a'.repeat(200));
    encoder.pushKey('add-element', 8, 2, '10.96.0.12:80/TCP');
    encoder.pushKey('delete-element', 8, 2, '10.96.0.13:80/TCP');
    encoder.push({ kind: 'bind-address', address: VIP_A });
    encoder.pushKey('bind-route', 0, 1, VIP_A);
    expect(encoder.answers).toBe(6);
    const { buffer, count } = encoder.finish();
    expect(keyLists(buffer, count)).toEqual([
      { kind: 9, parts: 2, set: 7, text: `10.96.0.10:80/TCP shop/web\n10.96.0.11:80/TCP ${'a'.repeat(128)}` },
      { kind: 9, parts: 2, set: 8, text: '10.96.0.12:80/TCP' },
      { kind: 10, parts: 2, set: 8, text: '10.96.0.13:80/TCP' },
      { kind: 7, parts: 0, set: 0, text: '' },
      { kind: 12, parts: 1, set: 0, text: VIP_A },
    ]);
  });

  it('of thousands of elements are several, since the length of a text has 16 bits', () => {
    const encoder = new OperationEncoder(1);
    const key = (index: number) => `[fd00::${index.toString(16)}]:80/TCP`;
    for (let index = 0; index < 3_000; index++)
      encoder.pushKey('add-element', 7, 3, key(index), '€'.repeat(9));
    const { buffer, count } = encoder.finish();
    const lists = keyLists(buffer, count);
    expect([encoder.answers, lists.length > 1]).toEqual([3_000, true]);
    const texts = lists.flatMap(({ text }) => text.split('\n'));
    expect(texts).toEqual(Array.from({ length: 3_000 }, (_, index) => `${key(index)} ${'€'.repeat(9)}`));
  });

  it('have the layout of native/records.h', () => {
    const { buffer } = encodeOperations([
      {
        kind: 'add-real-server',
        key: { address: VIP_A, port: 0x1234, protocol: 'UDP' },
        address: POD_1,
        port: 0x5678,
        weight: -2,
        forwarding: 3,
      },
    ]);
    const expected = new Uint8Array(80);
    expected.set([4, 2, 17, 3, 0x34, 0x12, 0x78, 0x56]);
    expected.set([0xfe, 0xff, 0xff, 0xff], 20);
    expected.set(addressBytes(VIP_A), 24);
    expected.set(addressBytes(POD_1), 40);
    expect(buffer).toEqual(expected);
  });

  it('say only the identity for a lookup', () => {
    const { buffer, count } = encodeKeys([{ family: 'IPv6', mark: 7 }]);
    expect(decodeOperations(buffer, count)).toEqual([
      { kind: 'delete-virtual-server', key: { family: 'IPv6', mark: 7 } },
    ]);
  });

  it('cut a scheduler name before its NUL would be lost', () => {
    const name = 'a-very-long-scheduler';
    const { buffer } = encodeOperations([
      {
        kind: 'add-virtual-server',
        key: { family: 'IPv4', mark: 1 },
        scheduler: name,
        flags: 0,
        timeout: 0,
      },
    ]);
    expect(Buffer.from(buffer.subarray(56, 72)).toString()).toBe(`${name.slice(0, 15)}\0`);
  });

  it('keep no more of a comment than can be stored', () => {
    const add = {
      kind: 'add-element',
      set: 0,
      element: new Uint8Array(4),
      comment: '€'.repeat(1000),
    } as const;
    expect(encodeOperations([add]).buffer.length).toBe(80 + 128 * 3);
  });

  it('may be more than was foreseen, in memory that is used again and whose size comments have made odd', () => {
    const element = Uint8Array.of(10, 0, 0, 1);
    const addition = (comment: string) => ({ kind: 'add-element', set: 3, element, comment }) as const;
    const space = new RecordSpace();
    for (const comments of [['namespace/name:port'], ['a/b', 'c/d', '', 'e/f'], ['g/h']]) {
      const encoder = new OperationEncoder(1, space);
      for (const comment of comments) encoder.push(addition(comment));
      const { buffer, count } = encoder.finish();
      const expected = encodeOperations(comments.map(addition));
      expect(count).toBe(comments.length);
      expect([...buffer]).toEqual([...expected.buffer]);
    }
  });

  it('refuse a real server of another family', () => {
    const key = { address: VIP_A, port: 80, protocol: 'TCP' } as const;
    const mixed = { kind: 'delete-real-server', key, address: POD_1_6, port: 80 } as const;
    expect(() => encodeOperations([mixed])).toThrow('fd00:244::1 is not of the family');
  });

  it('refuse an element that does not fit', () => {
    const long = { kind: 'delete-element', set: 0, element: new Uint8Array(49) } as const;
    expect(() => encodeOperations([long])).toThrow(RangeError);
  });

  it('are each in their place where there are 100,000', () => {
    const addressOf = (index: number) => `10.244.${(index >> 8) & 0xff}.${index & 0xff}` as Address;
    const operations = Array.from(
      { length: 100_000 },
      (_, index): KernelOperation => ({
        kind: 'add-real-server',
        key: { address: VIP_A, port: 80, protocol: 'TCP' },
        address: addressOf(index),
        port: 8080,
        weight: 1,
      }),
    );
    const { buffer, count } = encodeOperations(operations);
    const size = buffer.length / count;
    expect(count).toBe(operations.length);
    for (const index of [0, 1, 65_535, 99_999])
      expect([...buffer.subarray(index * size + 40, index * size + 44)].join('.')).toBe(addressOf(index));
  });
});

describe('answers', () => {
  it('with virtual servers are read as C++ wrote them', () => {
    fc.assert(
      fc.property(fc.array(virtualServer), (servers) => {
        expect(decodeVirtualServers(virtualServerAnswer(servers))).toEqual(servers);
      }),
    );
  });

  it('to a look give each virtual server its own real servers', () => {
    const answer = fc.oneof(
      fc.record({
        kind: fc.constant('present'),
        server: virtualServer,
        realServers: fc.array(realServer, { maxLength: 4 }),
      }),
      fc.record({ kind: fc.constant('absent') }),
      fc.record({ kind: fc.constant('unknown'), errno: fc.integer({ min: -4095, max: -1 }) }),
    );
    fc.assert(
      fc.property(fc.array(answer), (answers) => {
        expect(decodeLookAnswers(lookAnswer(answers))).toEqual(answers);
      }),
    );
  });

  it('to a look in short are digests of what is there', () => {
    const [low, high] = [0x8123_4567, 0xffe0_0003];
    const answer = digestAnswer([1, 0, -105].map((presence) => ({ presence, low, high })));
    expect(decodeDigests(answer)).toEqual([3 * 2 ** 32 + low, undefined, undefined]);
  });

  it('with addresses, elements and changes are read as C++ wrote them', () => {
    const addresses = [
      { address: VIP_A, prefixLength: 32, isRoute: false },
      { address: VIP_A6, prefixLength: 128, isRoute: true },
    ];
    const elements = [
      { element: addressBytes(POD_1_6), comment: 'grün', mark: 0, flags: 0, freeBits: undefined },
      { element: addressBytes(POD_1), comment: '', mark: 7, flags: 1, freeBits: 8 },
    ];
    expect(decodeAddresses(addressAnswer(addresses))).toEqual(addresses);
    expect(decodeElements(elementAnswer(elements))).toEqual(elements);
    expect(decodeChanges(changeAnswer(addresses))).toEqual([
      { kind: 'address-removed', address: VIP_A, isRoute: false },
      { kind: 'address-removed', address: VIP_A6, isRoute: true },
      { kind: 'device-removed' },
      { kind: 'overrun' },
    ]);
  });
});
