import { describe, expect, it } from 'vitest';
import { PLAIN_RULES, rulesAndFallbacks } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { arpElementOf } from '../../src/kernel/packet-table/packet-sets.js';
import { layoutDigest, tableTransaction } from '../../src/kernel/packet-table/packet-table.js';
import { frontend } from '../../src/model/frontend.js';
import { VIP_A, VIP_A6 } from '../support/addresses.js';

const STRICT = { ...PLAIN_RULES, strictArp: true };
const WITHOUT = { ...STRICT, withoutArp: true };

describe('strict ARP', () => {
  it('is a table of its own, only where it is asked for and can be had', () => {
    const hasArp = [PLAIN_RULES, STRICT, WITHOUT].map((rules) =>
      tableTransaction(rules).some(({ family }) => family === 'arp'),
    );
    expect(hasArp).toEqual([false, true, false]);
  });

  it('is distinguished from rules that never had it, and from those of a kernel that cannot', () => {
    expect(new Set([PLAIN_RULES, STRICT, WITHOUT].map(layoutDigest)).size).toBe(3);
  });

  it('is given up before the rest of the table is, where the kernel has no nftables for it', () => {
    expect(rulesAndFallbacks(STRICT)).toContainEqual(WITHOUT);
    expect(rulesAndFallbacks(PLAIN_RULES).some((rules) => 'withoutArp' in rules)).toBe(false);
  });

  it('goes with the guard of a VIP of IPv4', () => {
    const elements = [
      arpElementOf({ kind: 'guard-vip', address: VIP_A }),
      arpElementOf({ kind: 'release-vip', address: VIP_A }),
      arpElementOf({ kind: 'guard-vip', address: VIP_A6 }),
      arpElementOf({ kind: 'close-frontend', frontend: frontend(VIP_A, 80, 'TCP') }),
    ];
    expect(elements.map((element) => element?.join('.'))).toEqual([VIP_A, VIP_A, undefined, undefined]);
  });
});
