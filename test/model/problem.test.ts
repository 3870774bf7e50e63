import { describe, expect, it } from 'vitest';
import { andMore, type Problem, tenOfEach } from '../../src/model/problem.js';

const problem = (subject: string, message: string): Problem => ({
  kind: 'conflict',
  subject,
  message,
  remedy: 'Mend it.',
});
const many = (subject: string, count: number) =>
  Array.from({ length: count }, (_, index) => problem(subject, `${index}`));
const texts = (problems: readonly Problem[]) =>
  problems.map(({ subject, message }) => `${subject}: ${message}`);

describe('of the problems of each subject', () => {
  it('ten are reported, and the number of the others', () => {
    const shown = tenOfEach([...many('a', 10_000), ...many('b', 2)]);
    expect(shown).toHaveLength(13);
    expect(texts(shown).slice(9)).toEqual(['a: 9', 'b: 0', 'b: 1', 'a: and 9990 more.']);
  });

  it('those that were left out before are counted along', () => {
    const before: Problem = { kind: 'object', subject: 'a', ...andMore(5) };
    expect(texts(tenOfEach([...many('a', 10), before])).at(-1)).toBe('a: and 5 more.');
    expect(texts(tenOfEach([...many('a', 12), before])).at(-1)).toBe('a: and 7 more.');
  });
});
