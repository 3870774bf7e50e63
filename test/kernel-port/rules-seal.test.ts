import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/kernel/packet-table/layout-set.js';

describe('the layout set', () => {
  it('says which rules there are and how they looked when they were written, whatever order it comes in', () => {
    const elements = [
      { element: Uint8Array.of(0, 0, 0, 1), comment: 'dumpDigest' },
      { element: Uint8Array.of(0, 0, 0, 0), comment: 'digest' },
    ];
    expect(layoutOf(elements)).toEqual({ digest: 'digest', dumpDigest: 'dumpDigest' });
    expect(layoutOf([])).toEqual({ digest: undefined, dumpDigest: undefined });
  });
});
