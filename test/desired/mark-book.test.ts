import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkBook } from '../../src/desired/mark-book.js';
import { frontend, insideKey, isOwnMark, OWN_MARK_COUNT, ownMark } from '../../src/model/frontend.js';
import { address } from '../support/addresses.js';

const KEY = '00112233445566778899aabbccddeeff';

/** The view whose mark was 0xca6c, that of WireGuard, when marks followed from address and port alone. */
const CRAFTED = insideKey(frontend(address('20.1.66.155'), 35_483, 'TCP').key);

function bookWith(key = KEY): MarkBook {
  const book = new MarkBook();
  book.setKey(key);
  return book;
}

const views = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    insideKey(frontend(address(`198.51.${index >> 8}.${index & 255}`), 80, 'TCP').key),
  );

describe('the mark of an inside view', () => {
  it('follows from a key that only this node has', () => {
    expect(bookWith().markOf(CRAFTED)).toBe(bookWith().markOf(CRAFTED));
    expect(bookWith('0'.repeat(32)).markOf(CRAFTED)).not.toBe(bookWith().markOf(CRAFTED));
    expect(new MarkBook().markOf(CRAFTED)).not.toBe(new MarkBook().markOf(CRAFTED));
  });

  it('cannot be made that of WireGuard by a choice of address and port', () => {
    for (let attempt = 0; attempt < 100; attempt++) expect(new MarkBook().markOf(CRAFTED)).not.toBe(0xca6c);
  });

  it('is nobody else’s', () => {
    const book = bookWith();
    const marks = views(2_000).map((view) => book.markOf(view));
    expect(new Set(marks).size).toBe(marks.length);
    expect(marks.every(isOwnMark)).toBe(true);
  });

  it('is free again when the view is released, and the book is as small as before', () => {
    const book = bookWith();
    for (const view of views(1_000)) {
      book.markOf(view);
      book.release(view);
    }
    expect(book.size).toBe(0);
  });

  it('stays as the ledger has it, where that is a mark that may be used', () => {
    const book = bookWith();
    const [one = CRAFTED, two = CRAFTED] = views(2);
    book.keep({ key: one, mark: ownMark(7) });
    book.keep({ key: two, mark: 0xca6c });
    expect(book.markOf(one)).toBe(ownMark(7));
    expect(book.has({ key: two, mark: 0xca6c })).toBe(false);
    expect(isOwnMark(book.markOf(two))).toBe(true);
  });

  it('is not taken from the ledger twice', () => {
    const book = bookWith();
    const [one = CRAFTED, two = CRAFTED] = views(2);
    for (const key of [one, two]) book.keep({ key, mark: ownMark(7) });
    expect(book.markOf(two)).not.toBe(ownMark(7));
  });
});

describe('the reserved marks', () => {
  it('are as many as are counted, each of its own number', () => {
    fc.assert(
      fc.property(fc.nat(OWN_MARK_COUNT - 1), fc.nat(OWN_MARK_COUNT - 1), (one, other) => {
        expect(isOwnMark(ownMark(one))).toBe(true);
        expect(ownMark(one) === ownMark(other)).toBe(one === other);
      }),
    );
    expect(ownMark(OWN_MARK_COUNT - 1)).toBe(0xffff_107f);
  });

  it.each([
    ['none', 0],
    ['one that a person chose', 0x1000],
    ['kubelet’s', 0x8000],
    ['kube-proxy’s', 0x4000],
    ['portmap’s', 0x2000],
    ['WireGuard’s', 0xca6c],
    ['the AWS CNI’s', 0x80],
    ['Istio’s', 0x539],
    ['Tailscale’s', 0x4_0000],
    ['Calico’s of an endpoint', 0xfff0_0000],
    ['all that Calico may have', 0xffff_0000],
    ['Cilium’s of an identity', 0xffff_0f00],
    ['Cilium’s for encryption', 0x1234_1e00],
    ['Cilium’s to its proxy', 0x5678_0200],
  ])('have none of %s', (_, mark) => {
    expect(isOwnMark(mark)).toBe(false);
  });
});
