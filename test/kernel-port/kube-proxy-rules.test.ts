import { describe, expect, it } from 'vitest';
import {
  RULES_PLACES,
  recogniseRules,
  removalOf,
  setNames,
} from '../../src/kernel/kube-proxy/kube-proxy-rules.js';
import type { NftJump, NftRules } from '../../src/kernel/native/addon.js';

const NAT = { family: 'ip', table: 'nat' } as const;

/** KUBE-SERVICES, to which prerouting leads, and from there KUBE-MARK-MASQ; beside them others' chains. */
function rules(...more: readonly NftJump[]): NftRules {
  return {
    chains: ['PREROUTING', 'KUBE-MARK-MASQ', 'KUBE-SERVICES', 'KUBE-KUBELET-CANARY', 'DOCKER', 'MY-CHAIN'],
    jumps: [
      { chain: 'KUBE-SERVICES', handle: 22, target: 'KUBE-MARK-MASQ' },
      { chain: 'PREROUTING', handle: 30, target: 'KUBE-SERVICES' },
      { chain: 'PREROUTING', handle: 31, target: 'DOCKER' },
      ...more,
    ],
  };
}

describe('rules of kube-proxy', () => {
  it('are its chains and the jumps into them, and nothing of others', () => {
    expect(recogniseRules(rules(), NAT)).toMatchObject({
      jumps: [{ chain: 'PREROUTING', handle: 30 }],
      chains: ['KUBE-SERVICES', 'KUBE-MARK-MASQ'],
      kept: [],
    });
  });

  it('go in one transaction: jumps first, then contents, then chains', () => {
    const nat = { family: 'ip', table: 'nat' };
    expect(removalOf(recogniseRules(rules(), NAT))).toEqual([
      { ...nat, kind: 'delete-rule', chain: 'PREROUTING', handle: 30 },
      { ...nat, kind: 'flush-chain', chain: 'KUBE-SERVICES' },
      { ...nat, kind: 'flush-chain', chain: 'KUBE-MARK-MASQ' },
      { ...nat, kind: 'delete-chain', chain: 'KUBE-SERVICES' },
      { ...nat, kind: 'delete-chain', chain: 'KUBE-MARK-MASQ' },
    ]);
  });

  it('that a chain of another program leads to stay, and their jumps with them', () => {
    const other = { chain: 'MY-CHAIN', handle: 41, target: 'KUBE-SERVICES' };
    expect(recogniseRules(rules(other), NAT)).toMatchObject({
      jumps: [],
      chains: [],
      kept: ['KUBE-SERVICES', 'KUBE-MARK-MASQ'],
    });
  });

  it('are looked for in both tables of both families', () => {
    expect(RULES_PLACES).toHaveLength(4);
    expect(recogniseRules({ chains: [], jumps: [] }, { family: 'ip6', table: 'filter' })).toMatchObject({
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
