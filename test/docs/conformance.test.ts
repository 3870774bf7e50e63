import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/conformance.md', ROOT), 'utf8');

interface Row {
  readonly behaviour: string;
  readonly shownBy: string;
  readonly answers: string;
}

/** A file below `test/`, and words of a test's name where the row has them. */
interface Proof {
  readonly file: string;
  readonly words: string | undefined;
}

const ROWS: readonly Row[] = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| behaviour'))
  .map((line) => {
    const [behaviour = '', shownBy = '', answers = ''] = line.slice(1, -1).split(' | ');
    return { behaviour: behaviour.trim(), shownBy, answers: answers.trim() };
  });

const PROOFS: readonly Proof[] = ROWS.filter(({ shownBy }) => !isImpossible(shownBy)).flatMap(({ shownBy }) =>
  [...shownBy.matchAll(/`([^`]+)`(?: “([^”]+)”)?/g)].map(([, file = '', words]) => ({ file, words })),
);

function isImpossible(shownBy: string): boolean {
  return shownBy.includes('**cannot**: ');
}

describe('the page about conformance', () => {
  it('shows every behaviour by a test, or says why it cannot be', () => {
    const unshown = ROWS.filter(
      ({ shownBy }) =>
        !isImpossible(shownBy) && !/`(scenarios|kernel\/packets|desired|status)\//.test(shownBy),
    );
    expect(unshown).toEqual([]);
    expect(ROWS.length).toBeGreaterThan(40);
  });

  it.each(PROOFS)('names what is there: $file $words', ({ file, words }) => {
    const path = new URL(`test/${file}`, ROOT);
    expect(existsSync(path)).toBe(true);
    if (words !== undefined) expect(plain(readFileSync(path, 'utf8'))).toContain(plain(words));
  });

  it('misses no scenario and no test with packets', () => {
    const named = new Set(PROOFS.map(({ file }) => file));
    const files = [...filesOf('scenarios', '.txt'), ...filesOf('kernel/packets', '.test.ts')];
    expect(files.filter((file) => !named.has(file))).toEqual([]);
  });

  it('answers issues by their numbers', () => {
    for (const { answers } of ROWS) expect(answers).toMatch(/^(\d+(, \d+)*)?$/);
  });
});

function filesOf(folder: string, end: string): string[] {
  return readdirSync(new URL(`test/${folder}`, ROOT))
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}/${name}`);
}

/** Apostrophes are written in several ways in test names. */
function plain(text: string): string {
  return text.replaceAll('\\u2019', "'").replaceAll('’', "'").replaceAll("\\'", "'");
}
