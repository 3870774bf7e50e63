import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeElements } from '../../src/kernel/native/answer-decoder.js';
import { encodeOperations } from '../../src/kernel/native/operation-encoder.js';
import type { AddElementOperation, KernelOperation } from '../../src/kernel/native/records.js';
import { type Command, encodeTransaction, sendTransaction } from '../../src/kernel/nf-tables/transaction.js';
import { addressBytes } from '../../src/model/address.js';
import { FreshNamespace, IN_TEST_KERNEL, REFUSED, SETS, TABLE } from '../native/fresh-namespace.js';
import { POD_1, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

const [ADDRESSES, FRONTENDS, FRONTENDS_6, MARKS] = [0, 1, 2, 3];

const NAME = { family: 'inet', table: TABLE } as const;

const TABLE_COMMANDS: readonly Command[] = [
  { ...NAME, kind: 'add-table' },
  { ...NAME, kind: 'add-set', set: { name: SETS[0], key: ['ipv4_addr'] } },
  { ...NAME, kind: 'add-set', set: { name: SETS[1], key: ['ipv4_addr', 'inet_service'] } },
  { ...NAME, kind: 'add-set', set: { name: SETS[2], key: ['ipv6_addr', 'inet_service'] } },
  { ...NAME, kind: 'add-set', set: { name: SETS[3], key: ['ipv4_addr'], value: 'mark' } },
];

function element(vip = VIP_A, settings: Partial<AddElementOperation> = {}): AddElementOperation {
  return { kind: 'add-element', set: ADDRESSES, element: addressBytes(vip), ...settings };
}

function frontendKey(vip: typeof VIP_A, port: number): Uint8Array {
  return Uint8Array.of(...addressBytes(vip), port >> 8, port & 0xff, 0, 0);
}

function manyElements(count: number): AddElementOperation[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'add-element',
    set: ADDRESSES,
    element: Uint8Array.of(10, i >> 16, (i >> 8) & 0xff, i & 0xff),
    comment: `service-${i}`,
  }));
}

describe.skipIf(!IN_TEST_KERNEL)('nftables through the addon', () => {
  let space: FreshNamespace;

  beforeEach(async () => {
    space = new FreshNamespace();
    expect(await sendTransaction(space.handle, TABLE_COMMANDS)).toBeUndefined();
  });
  afterEach(() => {
    space[Symbol.dispose]();
  });

  async function dump(set: number) {
    return decodeElements(await space.handle.dumpSet(set));
  }

  it('does all of a transaction or nothing, and names what was refused', async () => {
    const chain = { name: 'a' };
    const refusal = await sendTransaction(space.handle, [
      { ...NAME, kind: 'add-chain', chain },
      { ...NAME, kind: 'flush-set', set: 'nonsense' },
      { ...NAME, kind: 'flush-chain', chain: 'nonsense' },
    ]);
    expect(refusal?.text).toMatch(/^elements of set nonsense in table inet kube-ipvs-proxy: ENOENT/);
    expect(space.run('nft', 'list', 'chains')).not.toContain('chain a');
    expect(await sendTransaction(space.handle, [{ ...NAME, kind: 'add-chain', chain }])).toBeUndefined();
    expect(space.run('nft', 'list', 'chains')).toContain('chain a');
  });

  it('takes nothing but whole messages for nf_tables', async () => {
    const { bytes } = encodeTransaction([{ ...NAME, kind: 'add-chain', chain: { name: 'a' } }]);
    const tooLong = Uint8Array.from(bytes);
    tooLong[0] = bytes.length + 4;
    const ofConntrack = Uint8Array.from(bytes);
    ofConntrack[5] = 1;
    const wrong = [
      new Uint8Array(0),
      bytes.subarray(0, 19),
      tooLong,
      ofConntrack,
      new Uint16Array(bytes),
      'text',
    ];
    for (const messages of wrong)
      expect(() => space.handle.sendNft(messages as Uint8Array)).toThrow('whole nf_tables messages');
    expect(await space.handle.sendNft(bytes)).toEqual({ errno: 0, message: -1, extAck: '' });
  });

  it('adds and deletes elements that nft shows, with their comments', async () => {
    const long = 'ü'.repeat(80);
    expect(
      await space.apply(
        element(VIP_A, { comment: 'default/web:http' }),
        element(VIP_B, { comment: long }),
        { kind: 'add-element', set: FRONTENDS, element: frontendKey(VIP_A, 443) },
        { kind: 'add-element', set: FRONTENDS_6, element: frontendKey(VIP_A6, 443), comment: 'six' },
      ),
    ).toEqual([0, 0, 0, 0]);
    const text = space.run('nft', 'list', 'table', 'inet', TABLE);
    expect(text).toContain(`${VIP_A} comment "default/web:http"`);
    expect(text).toContain(`${VIP_B} comment "${'ü'.repeat(63)}"`);
    expect(text).toContain(`${VIP_A} . 443`);
    expect(text).toContain(`${VIP_A6} . 443 comment "six"`);
    expect(await dump(FRONTENDS_6)).toEqual([
      { element: frontendKey(VIP_A6, 443), comment: 'six', mark: 0, flags: 0 },
    ]);
    expect(
      await space.apply({ kind: 'delete-element', set: FRONTENDS, element: frontendKey(VIP_A, 443) }),
    ).toEqual([0]);
    expect(await dump(FRONTENDS)).toEqual([]);
  });

  it('has the same generation until anybody changes a table', async () => {
    const generation = () => space.handle.nftGeneration();
    const first = await generation();
    await dump(ADDRESSES);
    expect(await generation()).toBe(first);
    await space.apply(element());
    const second = await generation();
    expect(second).not.toBe(first);
    space.run('nft', 'add', 'table', 'ip', 'other');
    expect(await generation()).not.toBe(second);
  });

  it('reads what nft wrote', async () => {
    space.run('nft', 'add', 'element', 'inet', TABLE, SETS[0], '{ 10.0.0.1 comment "by hand", 10.0.0.2 }');
    const seen = (await dump(ADDRESSES)).map((record) => [record.element.join('.'), record.comment]);
    expect(seen.sort()).toEqual([
      ['10.0.0.1', 'by hand'],
      ['10.0.0.2', ''],
    ]);
  });

  it('fills maps to firewall marks', async () => {
    expect(await space.apply(element(VIP_A, { set: MARKS, mark: 0x1234 }))).toEqual([0]);
    expect(await dump(MARKS)).toMatchObject([{ mark: 0x1234 }]);
    expect(space.run('nft', 'list', 'map', 'inet', TABLE, SETS[3])).toContain(`${VIP_A} : 0x00001234`);
    expect(await space.apply({ kind: 'delete-element', set: MARKS, element: addressBytes(VIP_A) })).toEqual([
      0,
    ]);
  });

  it('names the guilty element and performs the others', async () => {
    await space.apply(element(VIP_A));
    const operations: KernelOperation[] = [
      element(POD_1),
      element(VIP_A),
      { kind: 'delete-element', set: ADDRESSES, element: addressBytes(VIP_B) },
      element(VIP_B),
    ];
    expect(await space.apply(...operations)).toEqual([0, REFUSED.EEXIST, REFUSED.ENOENT, 0]);
    expect(await dump(ADDRESSES)).toHaveLength(3);
  });

  it('replaces an element within one transaction', async () => {
    await space.apply(element(VIP_A, { comment: 'old' }));
    const replacement = [
      { kind: 'delete-element', set: ADDRESSES, element: addressBytes(VIP_A) },
      element(VIP_A, { comment: 'new' }),
    ] as const;
    expect(await space.apply(...replacement)).toEqual([0, 0]);
    expect(await dump(ADDRESSES)).toMatchObject([{ comment: 'new' }]);
  });

  it('names each of hundreds of guilty elements among thousands', async () => {
    const all = manyElements(6000);
    const present = all.filter((_, index) => index % 20 === 0);
    expect(new Set(await space.apply(...present))).toEqual(new Set([0]));
    const codes = await space.apply(...all);
    expect(codes).toEqual(all.map((_, index) => (index % 20 === 0 ? REFUSED.EEXIST : 0)));
    expect(await dump(ADDRESSES)).toHaveLength(6000);
  });

  it('adds 100,000 elements and reads them back raw', async () => {
    const all = manyElements(100_000);
    const { buffer, count } = encodeOperations(all);
    const { codes } = await space.handle.apply(buffer, count);
    expect(codes.every((code) => code === 0)).toBe(true);
    const seen = decodeElements(await space.handle.dumpSet(ADDRESSES));
    const comments = new Map(seen.map((record) => [record.element.join('.'), record.comment]));
    expect(comments.size).toBe(100_000);
    expect(comments.get('10.1.134.159')).toBe('service-99999');
  });

  it('spells the elements of several sets at once, and none of a set that is missing', async () => {
    space.run('nft', 'delete', 'set', 'inet', TABLE, SETS[2]);
    const web = { set: FRONTENDS, element: frontendKey(VIP_A, 443), comment: 'é "1"' };
    await space.apply(element(), element(VIP_A, web), element(VIP_A, { set: MARKS, mark: 7 }));
    const [TCP, PARTS] = [6, [1, 2, 2, 1]];
    const layouts = Uint8Array.from(PARTS.flatMap((parts, set) => [set, parts, TCP]));
    const { texts, count } = await space.handle.spellSets(layouts);
    expect(count).toBe(PARTS.length);
    expect(texts.map((text) => JSON.parse(text))).toEqual([
      { set: ADDRESSES, keys: [VIP_A] },
      { set: FRONTENDS, protocol: 'TCP', ports: [443], keys: [`${VIP_A}:443/TCP`], comments: ['é "1"'] },
      { set: MARKS, keys: [VIP_A], marks: [7] },
    ]);
    await sendTransaction(space.handle, [{ ...NAME, kind: 'delete-table' }]);
    expect(await space.handle.spellSets(layouts)).toEqual({ texts: [], count: PARTS.length });
  });

  it('spells no further set behind a large one, so that others have their turn', async () => {
    await space.apply(...manyElements(6_000), element(VIP_A, { set: MARKS, mark: 7 }));
    const layouts = Uint8Array.of(ADDRESSES, 1, 0, MARKS, 1, 0);
    const { texts, count } = await space.handle.spellSets(layouts);
    expect([texts.length, count]).toEqual([Math.ceil(6_000 / 512), 1]);
    const rest = await space.handle.spellSets(layouts.subarray(3));
    expect([rest.texts.length, rest.count]).toEqual([1, 1]);
  });

  it('refuses to spell sets that the handle does not have', () => {
    for (const layout of [
      [SETS.length, 1, 0],
      [0, 0, 0],
      [0, 5, 0],
      [0, 1],
    ])
      expect(() => space.handle.spellSets(Uint8Array.from(layout))).toThrow(TypeError);
  });

  it('knows an empty set from a missing set and a missing table', async () => {
    expect(await dump(ADDRESSES)).toEqual([]);
    space.run('nft', 'delete', 'set', 'inet', TABLE, SETS[0]);
    const missing = expect.objectContaining({ code: 'ENOENT', errno: -2, syscall: 'nft.dumpSet' });
    await expect(dump(ADDRESSES)).rejects.toThrow(missing);
    expect(await space.apply(element(), element(VIP_A, { set: MARKS, mark: 1 }))).toEqual([
      REFUSED.ENOENT,
      0,
    ]);
    await sendTransaction(space.handle, [{ ...NAME, kind: 'delete-table' }]);
    await expect(dump(FRONTENDS)).rejects.toThrow(missing);
  });
});
