import { expect, test } from 'vitest';
import { Unreadable, unreadable } from '../../src/manifests/manifest-problems.js';

test('what is already explained stays as it is', () => {
  const error = new Unreadable('is not text', 'Remove it.');
  expect(unreadable(error)).toBe(error);
});

test('a mistake of this program is not taken for a bad file', () => {
  expect(() => unreadable(new TypeError('x is not a function'))).toThrow(TypeError);
});
