import { describe, expect, it } from 'vitest';
import { PLAIN_RULES as PLAIN } from '../../src/kernel/packet-rules-settings.js';
import { layoutDigest, tableTransaction } from '../../src/kernel/packet-table.js';

const ADDRESSES = { kind: 'addresses', cidrs: ['10.244.0.0/16', 'fd00:244::/48'] } as const;

describe('the rules of the packet table', () => {
  it('have a digest that changes with what they depend on', () => {
    const digests = [
      layoutDigest(PLAIN),
      layoutDigest({ ...PLAIN, masqueradeAll: true }),
      layoutDigest({ ...PLAIN, insideClients: ADDRESSES }),
      layoutDigest({ ...PLAIN, serviceCIDRs: ['10.96.0.0/12'] }),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(layoutDigest({ ...PLAIN })).toBe(digests[0]);
  });

  it('leave the sets as they are but for the constant ones: a new version keeps the ledger', () => {
    const flushed = [...tableTransaction(PLAIN).matchAll(/^flush set inet \S+ (\S+)$/gm)].map(
      ([, set]) => set,
    );
    expect(flushed).toEqual(['layout', 'equal-bytes']);
  });

  it('masquerade clients outside the cluster only where the cluster is known', () => {
    expect(tableTransaction(PLAIN)).not.toMatch(/saddr != \{/);
    const text = tableTransaction({ ...PLAIN, insideClients: ADDRESSES });
    expect(text).toContain('ip saddr != { 10.244.0.0/16 } goto masquerade-now');
    expect(text).toContain('ip6 saddr != { fd00:244::/48 } goto masquerade-now');
  });

  it('tell pods from others by the interface where addresses do not', () => {
    const text = tableTransaction({ ...PLAIN, insideClients: { kind: 'interfaces', name: 'veth*' } });
    expect(text).toContain('iifname "veth*" meta mark set ip daddr');
    expect(text).toContain('iifname != "veth*" goto masquerade-now');
  });

  it('drop what goes to a Service address that no Service has', () => {
    const text = tableTransaction({ ...PLAIN, serviceCIDRs: ['10.96.0.0/12'] });
    expect(text).toMatch(/chain forward \{\s+ip daddr \{ 10\.96\.0\.0\/12 \} ip daddr != @guarded-4 drop/);
  });

  it('look for stray addresses only after others may have rewritten the destination', () => {
    const text = tableTransaction({ ...PLAIN, serviceCIDRs: ['10.96.0.0/12'] });
    expect(text).toMatch(/chain output-stray \{ type filter hook output priority -10;/);
    expect(text.match(/chain output \{[^}]*\}/g)?.join()).not.toContain('10.96.0.0/12');
  });

  it('settle where a VIP\u2019s packets go before a hostPort can', () => {
    const text = tableTransaction(PLAIN);
    expect(text).toMatch(/chain prerouting-nat \{ type nat hook prerouting priority -110;/);
    expect(text).toContain('ip6 daddr @guarded-6 dnat ip6 to ip6 daddr');
  });

  it('take our mark off before any other rule sees what IPVS sends', () => {
    const text = tableTransaction(PLAIN);
    expect(text).toMatch(/chain output-unmark \{ type filter hook output priority -310;/);
    expect(text).toMatch(
      /chain output-unmark \{\s+meta mark 0 accept\s+meta l4proto tcp .* @source-kept-tcp-4 meta mark set 0/,
    );
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
