import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ItemSplitter, LineSplitter, LONGEST_PIECE } from '../../src/kubernetes/transport/body-splitter.js';

function split(text: string, pieceSize: number): string[] {
  const splitter = new LineSplitter();
  const bytes = Buffer.from(text);
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += pieceSize)
    for (const line of splitter.push(bytes.subarray(start, start + pieceSize))) lines.push(line.toString());
  return lines;
}

describe('lines', () => {
  test('are the same however they arrive, even cut within a character', () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', '')));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (lines, pieceSize) => {
        const whole = lines.map((line) => `${line}\n`).join('');
        expect(split(whole, pieceSize)).toEqual(lines.filter((line) => line !== ''));
      }),
    );
  });

  test('are reported when they end, and what is left is known to be half a line', () => {
    const splitter = new LineSplitter();
    expect([...splitter.push(Buffer.from('{"a":1}\n{"b"'))].map(String)).toEqual(['{"a":1}']);
    expect(splitter.pending).toBe(4);
  });

  test('and items of one object have 8 MiB at most', () => {
    expect(LONGEST_PIECE).toBe(8 * 1024 * 1024);
    for (const [splitter, start] of [
      [new LineSplitter(), '{"object":"'],
      [new ItemSplitter(), '{"items":["'],
    ] as const) {
      const push = (text: string) => [...splitter.push(Buffer.from(text))];
      push(start);
      push('x'.repeat(LONGEST_PIECE - start.length));
      expect(() => push('x'.repeat(start.length + 1))).toThrow('is longer than 8388608 bytes');
    }
  });

  test('without an end are given up before they fill the memory', () => {
    const splitter = new LineSplitter(100);
    const push = () => [...splitter.push(Buffer.alloc(60, 'x'))];
    push();
    expect(push).toThrow('a line is longer than 100 bytes');
  });
});
