import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../src/status/admin-server.js';

async function piecesOf(value: unknown): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of jsonText(value)) pieces.push(piece);
  return pieces;
}

describe('an answer in pieces', () => {
  it('is the text that JSON.stringify makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect((await piecesOf(value)).join('')).toBe(JSON.stringify(value));
      }),
    );
    const value = { a: undefined, b: [undefined, { c: undefined }], d: {} };
    expect((await piecesOf(value)).join('')).toBe(JSON.stringify(value));
  });

  it('has no piece that is much longer than 64 KiB, however long it is', async () => {
    const list = Array.from({ length: 10_000 }, (_, index) => ({ index, text: 'x'.repeat(1_000) }));
    const lengths = (await piecesOf({ list })).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThan(66 * 1024);
    expect(lengths.length).toBeGreaterThan(100);
  });
});
