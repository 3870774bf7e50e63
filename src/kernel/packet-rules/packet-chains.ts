import { FAMILIES } from '../../model/address.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { guardRules } from './guard-rules.js';
import { EVERYBODY, type InsideMatch, insideMatch } from './inside-match.js';
import { keepDestinationRule } from './keep-destination-rule.js';
import { markRules, unmarkRules } from './mark-rules.js';
import {
  keepSourceChain,
  keepSourceRules,
  masqueradeChain,
  masqueradeNowRules,
  masqueradeRules,
  postroutingRules,
} from './masquerade-rules.js';
import { restrictRule } from './source-range-rules.js';
import { strayRules } from './stray-rules.js';

/**
 * Hook priorities. IPVS takes packets to a VIP at LOCAL_IN 98 and LOCAL_OUT -99 (net/netfilter/ipvs/ip_vs_core.c), and what
 * it has rewritten begins LOCAL_OUT from its start. On input we come right before it; on output also after conntrack (-200),
 * which knows what is new. No other program's rule sees our firewall marks.
 */
const INPUT_PRIORITY = 97;
const OUTPUT_PRIORITY = -110;
/** Before table raw (-300), where other programs' rules begin. */
const UNMARK_PRIORITY = -310;
/** Before whoever rewrites destinations at dstnat (-100). */
const KEEP_PRIORITY = -110;
/** After whoever rewrites destinations: IPVS at LOCAL_OUT -99, and what others do at dstnat (-100). */
const STRAY_PRIORITY = -10;

/** In the order in which they are declared. */
export const CHAINS = [
  'prerouting-nat',
  'output-nat',
  'input',
  'output',
  'forward',
  'output-stray',
  'output-unmark',
  'postrouting',
  'restrict',
  'guard',
  ...FAMILIES.flatMap((family) => [masqueradeChain(family), keepSourceChain(family)]),
  'masquerade-now',
];

const BASE_CHAINS: Readonly<Record<string, string>> = {
  'prerouting-nat': `type nat hook prerouting priority ${KEEP_PRIORITY}; policy accept;`,
  'output-nat': `type nat hook output priority ${KEEP_PRIORITY}; policy accept;`,
  input: `type filter hook input priority ${INPUT_PRIORITY}; policy accept;`,
  output: `type filter hook output priority ${OUTPUT_PRIORITY}; policy accept;`,
  forward: `type filter hook forward priority ${STRAY_PRIORITY}; policy accept;`,
  'output-stray': `type filter hook output priority ${STRAY_PRIORITY}; policy accept;`,
  'output-unmark': `type filter hook output priority ${UNMARK_PRIORITY}; policy accept;`,
  postrouting: 'type nat hook postrouting priority srcnat; policy accept;',
};

/** Every chain, still empty, as `table { … }` declares it. */
export function chainDeclarations(): string[] {
  return CHAINS.map((name) => `  chain ${name} { ${BASE_CHAINS[name] ?? ''} }`);
}

/** Every chain with its rules, within `table { … }`. */
export function filledChains(settings: PacketRulesSettings): string[] {
  return [
    chain('prerouting-nat', FAMILIES.map(keepDestinationRule)),
    chain('output-nat', FAMILIES.map(keepDestinationRule)),
    chain('input', wayIn(insideMatch(settings))),
    chain('output', wayIn(EVERYBODY)),
    chain('forward', strayRules(settings)),
    chain('output-stray', strayRules(settings)),
    chain('output-unmark', unmarkRules()),
    chain(
      'restrict',
      FAMILIES.map((family) => restrictRule(family, settings)),
    ),
    chain('guard', FAMILIES.flatMap(guardRules)),
    chain('postrouting', postroutingRules()),
    ...FAMILIES.flatMap((family) => [
      chain(masqueradeChain(family), masqueradeRules(family, settings)),
      chain(keepSourceChain(family), keepSourceRules(family, settings)),
    ]),
    chain('masquerade-now', masqueradeNowRules()),
  ];
}

function chain(name: string, rules: readonly string[]): string {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }'].join('\n');
}

function wayIn(inside: InsideMatch): string[] {
  return [
    'ct state { new, untracked } jump restrict',
    ...markRules(inside),
    'ct state { new, untracked } jump guard',
  ];
}
