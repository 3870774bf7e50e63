import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ExpositionText,
  labelText,
  MetricRegistry,
  numberText,
} from '../../src/status/metrics/exposition.js';
import { Histogram } from '../../src/status/metrics/histograms.js';
import { parseExposition } from '../support/exposition.js';

describe('exposition text', () => {
  it('escapes what would end a label or a line', () => {
    expect(labelText({ a: 'x"y\\z\nend', b: '' })).toBe('{a="x\\"y\\\\z\\nend",b=""}');
    expect(labelText({})).toBe('');
    expect(`${new ExpositionText('up', 'gauge', 'a\nb\\')}`).toBe('# HELP up a\\nb\\\\\n# TYPE up gauge\n');
  });

  it('writes numbers as Prometheus reads them', () => {
    expect([0, 1.5, 1e21, Infinity, -Infinity, NaN].map(numberText)).toEqual([
      '0',
      '1.5',
      '1e+21',
      '+Inf',
      '-Inf',
      'NaN',
    ]);
  });

  it('has buckets that hold all smaller values too, a sum and a count', () => {
    const histogram = new Histogram('wait_seconds', 'Wait.', [0.5, 2], {
      name: 'family',
      values: ['a', 'b'],
    });
    for (const value of [0.5, 1, 3]) histogram.observe(value, 'a');
    histogram.observe(1, 'a value that is not announced');
    expect(histogram.text()).toBe(
      [
        '# HELP wait_seconds Wait.',
        '# TYPE wait_seconds histogram',
        'wait_seconds_bucket{le="0.5",family="a"} 1',
        'wait_seconds_bucket{le="2",family="a"} 2',
        'wait_seconds_bucket{le="+Inf",family="a"} 3',
        'wait_seconds_sum{family="a"} 4.5',
        'wait_seconds_count{family="a"} 3',
        'wait_seconds_bucket{le="0.5",family="b"} 0',
        'wait_seconds_bucket{le="2",family="b"} 0',
        'wait_seconds_bucket{le="+Inf",family="b"} 0',
        'wait_seconds_sum{family="b"} 0',
        'wait_seconds_count{family="b"} 0',
        '',
      ].join('\n'),
    );
  });

  it('has each metric once', () => {
    const registry = new MetricRegistry();
    const up = { kind: 'gauge', name: 'up', help: 'Up.', read: () => 1 } as const;
    registry.addRow(up);
    expect(() => registry.addRow(up)).toThrow('up is registered twice');
    expect(registry.text()).toBe('# HELP up Up.\n# TYPE up gauge\nup 1\n');
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
