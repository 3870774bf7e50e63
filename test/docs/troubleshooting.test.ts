import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CODES, type CodeText } from '../../src/diagnosis/codes.js';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/troubleshooting.md', ROOT), 'utf8');
const FAILURES = readFileSync(new URL('test/kernel/why/failures.test.ts', ROOT), 'utf8');

/** What stands below the heading of each code, in one line. */
const SECTIONS = new Map(
  PAGE.split(/^#+ /m)
    .filter((section) => section.startsWith('KIP'))
    .map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end).replace(/\s+/g, ' ').trim()];
    }),
);

const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('“'))
  .map((line) => line.slice(2, -2).split(' | '));

describe('the page about troubleshooting', () => {
  it.each(Object.entries<CodeText>(CODES))(
    'has a section for %s that says what the program says',
    (code, text) => {
      const { title, meaning, remedy } = text;
      expect(SECTIONS.get(`${code} ${title}`)).toBe(`${meaning} *What to do*: ${remedy}`);
    },
  );

  it('has no section for a code that is not there', () => {
    expect(SECTIONS.size).toBe(Object.keys(CODES).length);
  });

  it('has twenty failures, each with a code of its own and a test that makes it', () => {
    expect(ROWS).toHaveLength(20);
    expect(new Set(ROWS.map(([, code]) => code)).size).toBe(20);
    for (const [, code = '', , quoted = ''] of ROWS) {
      expect(Object.keys(CODES)).toContain(code);
      const name = quoted.replace(/[“”]/g, '');
      const start = FAILURES.indexOf(`it('${name}'`);
      expect(start, name).toBeGreaterThan(0);
      expect(FAILURES.slice(start, FAILURES.indexOf('\n  it(', start + 1)), name).toContain(`'${code}'`);
    }
  });
});
