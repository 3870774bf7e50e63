import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

export const PROJECT = join(import.meta.dirname, '../..');

/** Pages whose commands a reader types one after the other. */
export const GUIDES: readonly string[] = [
  'SECURITY.md',
  'docs/compatibility.md',
  'docs/deploying.md',
  'docs/dns.md',
  'docs/faq.md',
  'docs/migrating-from-kube-proxy.md',
  ...readdirSync(join(PROJECT, 'docs/migrating')).map((name) => `docs/migrating/${name}`),
  'docs/upgrading.md',
  'docs/with-calico.md',
  'docs/with-metallb.md',
];

export interface MarkedBlock {
  readonly page: string;
  /** `sh`, `yaml`, or empty. */
  readonly language: string;
  readonly text: string;
  /** The next line with words below the block: `Tried: …` or `Not tried: …` in a page that keeps the rule. */
  readonly mark: string;
}

/** The fenced blocks of a page, also those within lists. */
export function markedBlocks(page: string): MarkedBlock[] {
  const blocks = guideText(page).matchAll(
    /^( *)```(\w*)\n([\s\S]*?)^ *```\n([\s\S]*?)(?=^ *```\w|(?![\s\S]))/gm,
  );
  return [...blocks].map(([, indent = '', language = '', text = '', below = '']) => ({
    page,
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    mark: (below.split('\n').find((line) => line.trim() !== '') ?? '').trim(),
  }));
}

export function guideText(page: string): string {
  return readFileSync(isAbsolute(page) ? page : join(PROJECT, page), 'utf8');
}
