import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../config/read.js';
import { EKS, KOPS, KUBEADM, KUBESPRAY, RKE2, type RunningInstaller } from '../install/running.js';
import { GUIDES, guideText, type MarkedBlock, markedBlocks, PROJECT } from './guide.js';
import { GuideCommands } from './guide-commands.js';

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

describe('commands of this program', () => {
  const commands = new GuideCommands();
  beforeAll(() => commands.prepare());
  afterAll(() => commands.remove());

  const pages = GUIDES.filter((page) => markedBlocks(page).some(isRunHere));

  it.each(pages)('in %s do what they are said to do, one after the other', async (page) => {
    const script = markedBlocks(page)
      .filter(isRunHere)
      .map(({ text }) => text)
      .join('');
    const { code, stderr, written } = await commands.run(script, INSTALLERS[page] ?? KUBEADM);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    for (const [file, text] of written)
      expect(text, file).toMatch(/image: \S+\/kube-ipvs-proxy:|^mode: "?ipvs/m);
    expect(written.map(([file]) => file)).toEqual(
      expect.arrayContaining([...script.matchAll(/>(\S+)$/gm)].map(([, file]) => file)),
    );
  });

  it('are on several pages', () => expect(pages.length).toBeGreaterThan(6));
});

/** Whose kube-proxy runs in the cluster of a page; kubeadm's elsewhere. */
const INSTALLERS: Readonly<Record<string, RunningInstaller>> = {
  'docs/migrating/kubespray.md': KUBESPRAY,
  'docs/migrating/rke2-k3s.md': RKE2,
  'docs/migrating/kops.md': KOPS,
  'docs/migrating/eks-aks.md': EKS,
};

function isRunHere({ language, mark }: MarkedBlock): boolean {
  return language === 'sh' && mark.startsWith('Tried: `test/docs/guides.test.ts`');
}

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
