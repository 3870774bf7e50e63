import { describe, expect, it } from 'vitest';
import { layoutDigest, tableTransaction } from '../../src/kernel/packet-table.js';

const PLAIN = { masqueradeAll: false, clusterCIDRs: [] };

describe('the rules of the packet table', () => {
  it('have a digest that changes with what they depend on', () => {
    const digests = [
      layoutDigest(PLAIN),
      layoutDigest({ ...PLAIN, masqueradeAll: true }),
      layoutDigest({ ...PLAIN, clusterCIDRs: ['10.244.0.0/16'] }),
    ];
    expect(new Set(digests).size).toBe(3);
    expect(layoutDigest({ ...PLAIN })).toBe(digests[0]);
  });

  it('leave the sets as they are: a new version keeps the ledger', () => {
    const flushed = [...tableTransaction(PLAIN).matchAll(/^flush set inet \S+ (\S+)$/gm)].map(
      ([, set]) => set,
    );
    expect(flushed).toEqual(['layout']);
  });

  it('masquerade clients outside the cluster only where the cluster is known', () => {
    expect(tableTransaction(PLAIN)).not.toContain('saddr !=');
    const text = tableTransaction({ ...PLAIN, clusterCIDRs: ['10.244.0.0/16', 'fd00:244::/48'] });
    expect(text).toContain('ip saddr != { 10.244.0.0/16 } goto masquerade-now');
    expect(text).toContain('ip6 saddr != { fd00:244::/48 } goto masquerade-now');
  });

  it('masquerade everything when told to', () => {
    expect(tableTransaction({ ...PLAIN, masqueradeAll: true })).toMatch(
      /chain masquerade-4 \{\s+goto masquerade-now\s+\}/,
    );
  });

  it('never take a source port of the NodePort range', () => {
    expect(tableTransaction(PLAIN)).toContain('masquerade to :1024-29999');
  });
});
