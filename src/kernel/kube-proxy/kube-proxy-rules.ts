import type { Family } from '../../model/address.js';
import type { NftJump, NftRules } from '../native/addon.js';
import type { Command } from '../nf-tables/transaction.js';

/** One table that iptables-nft keeps, where kube-proxy's IPVS mode has chains. */
interface RulesPlace {
  /** nft's word for the family. */
  readonly family: 'ip' | 'ip6';
  readonly table: 'nat' | 'filter';
}

export const RULES_PLACES: readonly RulesPlace[] = (['ip', 'ip6'] as const).flatMap((family) => [
  { family, table: 'nat' } as const,
  { family, table: 'filter' } as const,
]);

/** kube-proxy's rules in one table, as far as nobody else depends on them. */
export interface RulesFound extends RulesPlace {
  /** Rules of the table's own chains that lead into kube-proxy's. */
  readonly jumps: readonly NftJump[];
  readonly chains: readonly string[];
  /** Chains of kube-proxy that stay, because a rule of another program leads there. */
  readonly kept: readonly string[];
}

/**
 * The chains of kube-proxy's IPVS mode (pkg/proxy/ipvs, up to 1.37). KUBE-FIREWALL of `filter`, KUBE-MARK-DROP and the
 * canaries are the kubelet's and are not here; KUBE-FIREWALL of `nat` is an old kube-proxy's.
 */
const CHAINS: Readonly<Record<RulesPlace['table'], readonly string[]>> = {
  nat: [
    'KUBE-SERVICES',
    'KUBE-POSTROUTING',
    'KUBE-NODE-PORT',
    'KUBE-LOAD-BALANCER',
    'KUBE-FIREWALL',
    'KUBE-MARK-MASQ',
  ],
  filter: [
    'KUBE-FORWARD',
    'KUBE-NODE-PORT',
    'KUBE-PROXY-FIREWALL',
    'KUBE-SOURCE-RANGES-FIREWALL',
    'KUBE-IPVS-FILTER',
    'KUBE-IPVS-OUT-FILTER',
  ],
};

const BUILT_IN = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

export function recogniseRules({ chains, jumps }: NftRules, place: RulesPlace): RulesFound {
  const theirs = new Set(CHAINS[place.table].filter((chain) => chains.includes(chain)));
  const kept = keptChains(jumps, theirs);
  return {
    ...place,
    jumps: jumps.filter(
      ({ chain, target }) => BUILT_IN.has(chain) && theirs.has(target) && !kept.has(target),
    ),
    chains: [...theirs].filter((chain) => !kept.has(chain)),
    kept: [...kept],
  };
}

/** One transaction: no packet meets a chain without the rule that leads to it, or the other way round. */
export function removalOf({ family, table, jumps, chains }: RulesFound): Command[] {
  return [
    ...jumps.map(({ chain, handle }) => ({ family, table, kind: 'delete-rule', chain, handle }) as const),
    ...chains.map((chain) => ({ family, table, kind: 'flush-chain', chain }) as const),
    ...chains.map((chain) => ({ family, table, kind: 'delete-chain', chain }) as const),
  ];
}

// What another program's chain leads to stays, and what that leads to.
function keptChains(jumps: readonly NftJump[], theirs: ReadonlySet<string>): Set<string> {
  const kept = new Set<string>();
  for (let before = -1; before < kept.size; ) {
    before = kept.size;
    for (const { chain, target } of jumps) {
      const stays = kept.has(chain) || !(theirs.has(chain) || BUILT_IN.has(chain));
      if (stays && theirs.has(target)) kept.add(target);
    }
  }
  return kept;
}

/**
 * kube-proxy's sets. Where legacy iptables refers to them they can only be emptied, one by one, and that makes the
 * rules do nothing. Those that make a rule reject or drop come first: emptied after the sets of the exceptions to those
 * rules, they would refuse everybody in between.
 */
const SETS = [
  'KUBE-IPVS-IPS',
  'KUBE-LOAD-BALANCER-FW',
  'KUBE-LOAD-BALANCER-SOURCE-CIDR',
  'KUBE-LOAD-BALANCER-SOURCE-IP',
  'KUBE-LOOP-BACK',
  'KUBE-CLUSTER-IP',
  'KUBE-EXTERNAL-IP',
  'KUBE-EXTERNAL-IP-LOCAL',
  'KUBE-LOAD-BALANCER',
  'KUBE-LOAD-BALANCER-LOCAL',
  'KUBE-NODE-PORT-TCP',
  'KUBE-NODE-PORT-LOCAL-TCP',
  'KUBE-NODE-PORT-UDP',
  'KUBE-NODE-PORT-LOCAL-UDP',
  'KUBE-NODE-PORT-SCTP-HASH',
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH',
  'KUBE-HEALTH-CHECK-NODE-PORT',
] as const;

/** IPSET_MAXNAMELEN is 32 with its NUL; kube-proxy cuts longer names. */
const SET_NAME_LENGTH = 31;

export function setNames(family: Family): readonly string[] {
  if (family === 'IPv4') return SETS;
  return SETS.map((name) => name.replace('KUBE-', 'KUBE-6-').slice(0, SET_NAME_LENGTH));
}
