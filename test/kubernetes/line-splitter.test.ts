import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../src/kubernetes/line-splitter.js';

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

  test('are told when they end, and what is left is known to be half a line', () => {
    const splitter = new LineSplitter();
    expect([...splitter.push(Buffer.from('{"a":1}\n{"b"'))].map(String)).toEqual(['{"a":1}']);
    expect(splitter.pending).toBe(4);
  });

  test('without an end are given up before they fill the memory', () => {
    const splitter = new LineSplitter(100);
    const push = () => [...splitter.push(Buffer.alloc(60, 'x'))];
    push();
    expect(push).toThrow('a line is longer than 100 bytes');
  });
});
