import { expect, test } from 'vitest';
import { Unreadable, unreadable } from '../../src/manifests/unreadable.js';

function fileError(code: string): Error {
  return Object.assign(new Error(`${code}: somewhere`), { code });
}

test.each(['EACCES', 'EPERM', 'ELOOP', 'ENOENT', 'ENOTDIR', 'EMFILE', 'EIO'])(
  '%s has a sentence and a remedy',
  (code) => {
    const { message, remedy } = unreadable(fileError(code));
    expect(message).toContain(`(${code})`);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  },
);

test('what is already explained stays as it is', () => {
  const error = new Unreadable('is not text', 'Remove it.');
  expect(unreadable(error)).toBe(error);
});

test('a mistake of this program is not taken for a bad file', () => {
  expect(() => unreadable(new TypeError('x is not a function'))).toThrow(TypeError);
});
