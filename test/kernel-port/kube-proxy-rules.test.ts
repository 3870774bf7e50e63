import { describe, expect, it } from 'vitest';
import { RULES_PLACES, recogniseRules, removalOf, setNames } from '../../src/kernel/kube-proxy-rules.js';

const NAT = { family: 'ip', table: 'nat' } as const;

/** As `nft -a list table ip nat` prints what iptables-nft wrote; the verdict comes last, before the handle. */
function listing(...more: readonly string[]): string {
  return [
    'table ip nat { # handle 1',
    '\tchain KUBE-MARK-MASQ { # handle 12',
    '\t\tcounter packets 0 bytes 0 meta mark set mark or 0x4000  # handle 20',
    '\t}',
    '',
    '\tchain KUBE-SERVICES { # handle 10',
    '\t\tip saddr 127.0.0.0/8 counter packets 0 bytes 0 return # handle 21',
    '\t\txt match "comment" xt match "set" counter packets 3 bytes 180 jump KUBE-MARK-MASQ # handle 22',
    '\t}',
    '',
    '\tchain KUBE-KUBELET-CANARY { # handle 2',
    '\t}',
    '\tchain PREROUTING { # handle 3',
    '\t\ttype nat hook prerouting priority dstnat; policy accept;',
    '\t\txt match "comment" counter packets 0 bytes 0 jump KUBE-SERVICES # handle 30',
    '\t\txt match "comment" counter packets 0 bytes 0 jump DOCKER # handle 31',
    '\t}',
    ...more,
    '}',
  ].join('\n');
}

describe('rules of kube-proxy', () => {
  it('are its chains and the jumps into them, and nothing of others', () => {
    expect(recogniseRules(listing(), NAT)).toMatchObject({
      jumps: [{ chain: 'PREROUTING', handle: '30' }],
      chains: ['KUBE-SERVICES', 'KUBE-MARK-MASQ'],
      kept: [],
    });
  });

  it('go in one transaction: jumps first, then contents, then chains', () => {
    expect(removalOf(recogniseRules(listing(), NAT)).split('\n')).toEqual([
      'delete rule ip nat PREROUTING handle 30',
      'flush chain ip nat KUBE-SERVICES',
      'flush chain ip nat KUBE-MARK-MASQ',
      'delete chain ip nat KUBE-SERVICES',
      'delete chain ip nat KUBE-MARK-MASQ',
    ]);
  });

  it('that a chain of another program leads to stay, and their jumps with them', () => {
    const others = [
      '\tchain MY-CHAIN { # handle 40',
      '\t\tcounter packets 0 bytes 0 goto KUBE-SERVICES # handle 41',
      '\t}',
    ];
    expect(recogniseRules(listing(...others), NAT)).toMatchObject({
      jumps: [],
      chains: [],
      kept: ['KUBE-SERVICES', 'KUBE-MARK-MASQ'],
    });
  });

  it('are looked for in both tables of both families', () => {
    expect(RULES_PLACES).toHaveLength(4);
    expect(recogniseRules('table ip6 filter {\n}', { family: 'ip6', table: 'filter' })).toMatchObject({
      jumps: [],
      chains: [],
    });
  });
});

describe('sets of kube-proxy', () => {
  it('have the family in the name, cut where it gets too long for the kernel', () => {
    expect(setNames('IPv4')).toContain('KUBE-LOAD-BALANCER-SOURCE-CIDR');
    expect(setNames('IPv6')).toContain('KUBE-6-LOAD-BALANCER-SOURCE-CID');
    expect(setNames('IPv6')).toContain('KUBE-6-CLUSTER-IP');
  });

  it('are emptied in an order in which no rule refuses what it let pass before', () => {
    const [first, second, ...rest] = setNames('IPv4');
    expect([first, second]).toEqual(['KUBE-IPVS-IPS', 'KUBE-LOAD-BALANCER-FW']);
    expect(rest).toContain('KUBE-CLUSTER-IP');
  });
});
