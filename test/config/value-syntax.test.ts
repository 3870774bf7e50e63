import { describe, expect, it } from 'vitest';
import { kernelRules } from '../../src/compose-node.js';
import { parsePortRange } from '../../src/config/value-syntax.js';
import { DEFAULT_NODE_PORTS } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { layoutDigest } from '../../src/kernel/packet-table/packet-table.js';
import { complaints, OWN, PROXY, read } from './read.js';

describe('the range of NodePorts', () => {
  it.each([
    ['30000-32767', [30_000, 32_767]],
    ['30000+2767', [30_000, 32_767]],
    [' 1-65535 ', [1, 65_535]],
    ['30080', [30_080, 30_080]],
  ] as const)('is written as for the API server: %s', (text, range) => {
    expect(parsePortRange(text)).toEqual(range);
  });

  it.each([
    '',
    '0',
    '0-100',
    '32767-30000',
    '30000-65536',
    '30000+40000',
    '30000-',
    '-5',
    '3e4',
    'a-b',
    '1-2-3',
  ])('is not "%s"', (text) => {
    expect(parsePortRange(text)).toBeUndefined();
  });

  it('of the own document reaches the rules, and has the default of the API server', () => {
    const rulesOf = (own: string) => kernelRules(read(`${PROXY}---\n${OWN}${own}`).settings);
    expect(rulesOf('nodePortRange: 20000-21000\n').nodePortRange).toEqual([20_000, 21_000]);
    expect(rulesOf('').nodePortRange).toEqual(DEFAULT_NODE_PORTS);
    expect(layoutDigest(rulesOf('nodePortRange: 20000-21000\n'))).not.toBe(layoutDigest(rulesOf('')));
  });

  it.each(['all', '32767-30000', '30080'])('of the own document is refused where it is none: %s', (text) => {
    const own = `${OWN}nodePortRange: ${text}\n`;
    expect(complaints(() => read(`${PROXY}---\n${own}`))).toEqual([
      expect.stringMatching(
        /nodePortRange.*expected a range of ports such as "30000-32767", from 1 to 65535/,
      ),
    ]);
  });
});
