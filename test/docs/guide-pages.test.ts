import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { read } from '../config/read.js';
import { GUIDES, guideText, markedBlocks, PROJECT } from './guide.js';

/** Of each guide, the blocks that a reader would type or save, and what stands below each about having been tried. */
describe.each(GUIDES)('%s', (page) => {
  const blocks = markedBlocks(page);

  it('says of every command whether it was tried, by what, or why not', () => {
    for (const { text, mark } of blocks) expect(mark, text).toMatch(/^(Tried|Not tried): \S/);
  });

  it('names test files that are there', () => {
    const named = [...guideText(page).matchAll(/`(test\/[^`\s]+)`/g)].map(([, file = '']) => file);
    for (const file of named) expect(existsSync(join(PROJECT, file)), file).toBe(true);
  });

  it('leads to pages that are there', () => {
    const links = [...guideText(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
    for (const link of links)
      expect(existsSync(join(PROJECT, dirname(page), link)), `${page} -> ${link}`).toBe(true);
  });
});

describe('configuration that a guide shows', () => {
  const shown = GUIDES.flatMap((page) => markedBlocks(page)).filter(({ text }) =>
    text.includes('kind: KubeProxyConfiguration'),
  );

  it.each(shown)('is read without a warning: $page', ({ text }) => {
    expect(read(text).warnings).toEqual([]);
  });

  it('is there', () => expect(shown).not.toEqual([]));
});

describe('a guide that breaks these rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is found: a block without a mark has the line below it as its mark', () => {
    const file = join(folder, 'page.md');
    writeFileSync(file, '# Page\n\n```sh\nkubectl get nodes\n```\n\nAnd so on.\n\n```sh\nls\n```\n');
    expect(markedBlocks(file).map(({ text, mark }) => [text, mark])).toEqual([
      ['kubectl get nodes\n', 'And so on.'],
      ['ls\n', ''],
    ]);
  });
});

describe('figures in the page of questions', () => {
  const page = 'docs/faq.md';
  const link = /\[([^\]]*\d[^\]]*)\]\(([^)\s]*bench\/results\/[^)\s]+)\s"([^"]+)"\)/g;
  const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
  const cited = [...guideText(page).matchAll(link)].map(([, words = '', target = '', row = '']) => ({
    words: oneLine(words),
    row: oneLine(row),
    file: normalize(join(dirname(page), target)),
  }));

  it('are cited with the row where they stand', () => {
    expect(cited.length).toBeGreaterThan(6);
    expect(guideText(page).match(/\]\([^)]*bench\/results\//g)).toHaveLength(cited.length);
  });

  it.each(cited)('$words is what $file says in “$row”', ({ words, row, file }) => {
    const rows = readFileSync(join(PROJECT, file), 'utf8')
      .split('\n')
      .filter((line) => line.includes(row));
    expect(rows, `${file} has no such row; correct docs/faq.md`).not.toEqual([]);
    expect(
      rows.some((line) => hasNumber(line, words)),
      `not ${words}: ${rows}`,
    ).toBe(true);
  });
});

/** Whether some number of the line is that of the words, as finely as they say it and in their unit. */
function hasNumber(line: string, words: string): boolean {
  const [, wanted = '', unit = ''] = /^([\d.]+) ?(.*)$/.exec(words) ?? [];
  const digits = wanted.split('.')[1]?.length ?? 0;
  // Tables of passes are in milliseconds.
  const scales = unit === 's' ? [1, 1000] : [1];
  const found = (line.replaceAll(',', '').match(/\d+(\.\d+)?/g) ?? []).map(Number);
  return found.some((number) => scales.some((scale) => (number / scale).toFixed(digits) === wanted));
}
