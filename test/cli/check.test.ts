import { describe, expect, it } from 'vitest';
import { checkJson, checkText } from '../../src/cli/check/check.js';
import { nodeRow } from '../../src/cli/fleet/all-nodes.js';
import { COLOURED, PLAIN } from '../../src/cli/paragraph.js';
import { checkNode } from '../../src/diagnosis/check-node.js';
import { nodeEvidence, sysctl, UNINSTALLED } from '../diagnosis/node-facts.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';

const SICK = checkNode(
  nodeEvidence(
    {
      sysctls: [sysctl('net.ipv4.ip_forward', '0')],
      conntrack: { entries: 95_000, most: 100_000 },
      modules: [{ name: 'nft_masq', state: 'missing' }],
    },
    UNINSTALLED,
  ),
);
const HEALTHY = checkNode(nodeEvidence());

describe('check', () => {
  it.each([
    ['check.txt', HEALTHY],
    ['check-problems.txt', SICK],
  ])('fits into 80 columns (%s)', async (file, report) => {
    const text = checkText(report, PLAIN);
    expect(text.split('\n').filter(({ length }) => length > 80)).toEqual([]);
    await expect(text).toMatchFileSnapshot(`golden/${file}`);
  });

  it('colours for a terminal what is wrong and nothing else', () => {
    const coloured = checkText(SICK, COLOURED).split('\n');
    const plain = checkText(SICK, PLAIN).split('\n');
    const painted = plain.filter((line, index) => line !== coloured[index]);
    expect(painted.filter((line) => line.startsWith('! ')).map((line) => line.split(':')[0])).toEqual([
      '! agent',
      '! modules',
      '! sysctls',
    ]);
    expect(painted.some((line) => /^[-? ] \S/.test(line))).toBe(false);
  });

  it.each([
    ['of a healthy node', HEALTHY],
    ['of a node with problems', SICK],
  ])('has the JSON that its schema says %s', (_, report) => {
    expect(schemaBreaches(JSON.parse(checkJson(report)), readSchema('check.v1.json'))).toEqual([]);
  });

  it('breaks its schema where a key disappears', () => {
    const { sentence: _, ...rest } = JSON.parse(checkJson(SICK)) as Record<string, unknown>;
    expect(schemaBreaches(rest, readSchema('check.v1.json'))).toEqual(['$.sentence is missing']);
  });

  it('says among all nodes its verdict, and each problem as a whole', () => {
    const output = { text: checkText(SICK, PLAIN), errors: '', lines: 0 };
    const row = nodeRow('check', { node: 'node-1', pod: 'a', outcome: { kind: 'ended', code: 1, output } });
    expect(row).toMatchObject({ state: 'problem', answer: SICK.sentence });
    expect(row.problems).toEqual(
      SICK.checks.flatMap(({ name, verdict, sentence, code }) =>
        verdict === 'problem' ? [`${name}: ${sentence} (${code})`] : [],
      ),
    );
  });
});
