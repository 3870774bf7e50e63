import { describe, expect, it } from 'vitest';
import { bindAddress, bindAddressText } from '../../src/status/http/http-listener.js';

describe('an address to listen on', () => {
  it.each([
    ['0.0.0.0:10256', undefined, 10256],
    ['[::]:10256', undefined, 10256],
    [':10249', undefined, 10249],
    ['127.0.0.1:10249', '127.0.0.1', 10249],
    ['[::1]:0', '::1', 0],
  ])('%s is read', (text, host, port) => {
    expect(bindAddress(text)).toEqual({ host, port });
  });

  it('that is empty switches the server off', () => {
    expect(bindAddress('')).toBeUndefined();
  });

  it.each(['10256', '127.0.0.1', '::1:10256', '127.0.0.1:70000', '127.0.0.1:http'])(
    '%s is refused with an example of a good one',
    (text) => {
      expect(() => bindAddress(text)).toThrow(`'${text}' is no address to listen on. Write it as`);
    },
  );

  it('is shown as one types it', () => {
    expect(
      [
        { port: 1, host: undefined },
        { port: 2, host: '::1' },
      ].map(bindAddressText),
    ).toEqual(['*:1', '[::1]:2']);
  });
});
