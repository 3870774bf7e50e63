import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ItemSplitter } from '../../src/kubernetes/transport/body-splitter.js';

function split(text: string, pieceSize = Number.POSITIVE_INFINITY) {
  const splitter = new ItemSplitter();
  const items: string[] = [];
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceSize)
    for (const item of splitter.push(bytes.subarray(start, start + pieceSize))) items.push(item.toString());
  return { items, envelope: splitter.envelope.toString() };
}

describe('a page', () => {
  test('comes apart into its items and what is around them', () => {
    const text =
      '{"kind":"List","metadata":{"continue":"x"},"items":[{"a":[1,2]}, {"b":"]}"}],"more":{"items":[3]}}';
    expect(split(text)).toEqual({
      items: ['{"a":[1,2]}', ' {"b":"]}"}'],
      envelope: '{"kind":"List","metadata":{"continue":"x"},"items":[],"more":{"items":[3]}}',
    });
  });

  test.each([
    '{"items":[]}',
    '{"items":[ \n ]}',
    '{"items":null,"metadata":{}}',
    '{"kind":"items","list":[1]}',
  ])('may hold no items: %s', (text) => {
    expect(split(text).items).toEqual([]);
    expect(JSON.parse(split(text).envelope)).toEqual(JSON.parse(text));
  });

  test('has the same parts however it arrives', () => {
    const page = fc.record({ items: fc.array(fc.jsonValue()), metadata: fc.jsonValue(), kind: fc.string() });
    fc.assert(
      fc.property(page, fc.integer({ min: 1, max: 20 }), fc.boolean(), (page, pieceSize, spaced) => {
        const { items, envelope } = split(JSON.stringify(page, undefined, spaced ? 2 : 0), pieceSize);
        const plain = JSON.parse(JSON.stringify(page));
        expect(items.map((item) => JSON.parse(item))).toEqual(plain.items);
        expect(JSON.parse(envelope)).toEqual({ ...plain, items: [] });
      }),
    );
  });

  test('that breaks off leaves no JSON behind', () => {
    const text = '{"metadata":{"resourceVersion":"5"},"items":[{"a":1},{"b":2}]}';
    for (let length = 1; length < text.length; length++)
      expect(() => JSON.parse(split(text.slice(0, length)).envelope)).toThrow();
  });

  test('whose item has no end is given up before it fills the memory', () => {
    const splitter = new ItemSplitter(100);
    const push = (text: string) => [...splitter.push(Buffer.from(text))];
    push('{"items":[');
    expect(() => push(`{"a":"${'x'.repeat(200)}`)).toThrow('an item of the list is longer than 100 bytes');
  });
});
