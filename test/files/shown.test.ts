import { expect, test } from 'vitest';
import { shown, shownName, shownSentence } from '../../src/files/shown.js';

test.each([
  ['web', '"web"'],
  ['a"b\\c', '"a\\u{22}b\\u{5c}c"'],
  ['größe 漢字', '"größe 漢字"'],
  ['\u0000\u001b\u2028\ud800', '"\\u{0}\\u{1b}\\u{2028}\\u{d800}"'],
  [70_000, '70000'],
  [null, 'null'],
  [undefined, 'absent'],
  [[1, 2], 'a list of 2'],
  [{ a: 1 }, 'an object'],
])('%j is shown as %s', (value, text) => {
  expect(shown(value)).toBe(text);
});

test('a long text is cut after 64 characters, never through one', () => {
  expect(shown('😀'.repeat(100))).toBe(`"${'😀'.repeat(64)}"`.replace(/"$/, '…"'));
});

test('a name is bare where it is harmless and quoted where not', () => {
  expect(['web-1.yaml', 'my web.yaml', '', undefined].map(shownName)).toEqual([
    'web-1.yaml',
    '"my web.yaml"',
    '(no name)',
    '(no name)',
  ]);
});

test('a sentence of another program keeps its quotation marks, and nothing in it that could move a cursor', () => {
  expect(shownSentence('User "a\u001b[2J" cannot list \\ "services"')).toBe(
    'User "a\\u{1b}[2J" cannot list \\u{5c} "services"',
  );
  expect(shownSentence('x'.repeat(300))).toBe(`${'x'.repeat(256)}…`);
});
