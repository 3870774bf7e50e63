import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpositionText, labelText } from '../../src/status/metrics/exposition.js';
import { parseExposition } from '../support/exposition.js';

describe('exposition text', () => {
  it('escapes what would end a label or a line', () => {
    expect(labelText({ a: 'x"y\\z\nend', b: '' })).toBe('{a="x\\"y\\\\z\\nend",b=""}');
    expect(labelText({})).toBe('');
    expect(`${new ExpositionText('up', 'gauge', 'a\nb\\')}`).toBe('# HELP up a\\nb\\\\\n# TYPE up gauge\n');
  });

  it('stays valid with any label value', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\r', '}', ',', 'n', 'ä') }),
        (value) => {
          const text = new ExpositionText('up', 'gauge', 'Up.');
          text.add(labelText({ value }), 1);
          expect(parseExposition(text.toString()).get('up')?.series.size).toBe(1);
        },
      ),
    );
  });
});
