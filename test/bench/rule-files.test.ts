import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModeName } from '../../bench/compare/cells.js';
import { changesOf, isRuleFileOf, ruleFileName, writeRuleFiles } from '../../bench/compare/rule-files.js';

const SIZE = { services: 3, endpoints: 1 };
const MODES: readonly ModeName[] = [
  'ipvs',
  'iptables',
  'iptables-again',
  'iptables-nft',
  'iptables-by-rule',
  'nftables-1.36',
  'nftables-1.37',
];

describe('the files of rules of one size', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are found by the mode that reads them: all of its own, none of another', () => {
    const plan = changesOf(SIZE, 2);
    writeRuleFiles(folder, MODES, SIZE, plan);
    for (const mode of MODES.filter((name) => name !== 'ipvs')) {
      const own = [
        ruleFileName({ mode, kind: 'jumps' }),
        ruleFileName({ mode, kind: 'whole' }),
        ...plan.map((change) => ruleFileName({ mode, ...change })),
      ];
      expect(
        readdirSync(folder)
          .filter((name) => isRuleFileOf(mode, name))
          .sort(),
      ).toEqual(own.sort());
    }
  });
});
