import { FAMILIES } from '../../../model/address.js';
import type { ChainHook, Rule } from '../../nf-tables/rule-values.js';
import type { PacketRulesSettings } from '../packet-rules-settings.js';
import { allowFragmentsRules } from './allow-fragments-rules.js';
import { guardRules, keepDestinationRule, restrictRule, unassignedAddressRules } from './guard-rules.js';
import { foreignMarkRule, keepMarkRules, markRules, unmarkRules } from './mark-rules.js';
import {
  keepSourceChain,
  keepSourceRules,
  masqueradeChain,
  masqueradeNowRules,
  masqueradeRules,
  postroutingRules,
} from './masquerade-rules.js';
import {
  outOfWindowInputRules,
  outOfWindowRules,
  rememberAnsweringRules,
  unlessExpectedRules,
} from './out-of-window-rules.js';
import { RESTORE_SOURCE, restoreSourceRules } from './restore-source-rules.js';
import { EVERYBODY, type InsideMatch, IS_INVALID, IS_NEW, insideMatch, jump } from './rule-words.js';

/**
 * Hook priorities. IPVS takes packets to a VIP at LOCAL_IN 98 and LOCAL_OUT -99 (net/netfilter/ipvs/ip_vs_core.c), and
 * what it has rewritten begins LOCAL_OUT from its start. On input we come right before it; on output also after
 * conntrack (-200), which knows what is new. No other program's rule sees our firewall marks.
 */
const INPUT_PRIORITY = 97;
const OUTPUT_PRIORITY = -110;
/** Before table raw (-300), where other programs' rules begin. */
const UNMARK_PRIORITY = -310;
/** Before whoever rewrites destinations at dstnat (-100). */
const KEEP_PRIORITY = -110;
/** After whoever rewrites destinations: IPVS at LOCAL_OUT -99, and what others do at dstnat (-100). */
const UNASSIGNED_PRIORITY = -10;

/** Behind IPVS, which gives replies the frontend's address at FORWARD 100. */
const RESTORE_PRIORITY = 110;

/** NF_IP_PRI_NAT_SRC, where others rewrite sources too. */
const MASQUERADE_PRIORITY = 100;

/** A chain of ours with its rules. */
interface FilledChain {
  readonly name: string;
  readonly hook?: ChainHook;
  readonly rules: readonly Rule[];
}

/** Every chain, in the order in which they are declared. */
export function packetChains(settings: PacketRulesSettings): FilledChain[] {
  return [
    hooked('prerouting-nat', 'nat', 'prerouting', KEEP_PRIORITY, FAMILIES.map(keepDestinationRule)),
    hooked('output-nat', 'nat', 'output', KEEP_PRIORITY, FAMILIES.map(keepDestinationRule)),
    hooked(
      'input',
      'filter',
      'input',
      INPUT_PRIORITY,
      inputRules('out-of-window-input', insideMatch(settings)),
    ),
    hooked('output', 'filter', 'output', OUTPUT_PRIORITY, [
      ...allowFragmentsRules(),
      ...inputRules('out-of-window', EVERYBODY),
    ]),
    hooked('forward', 'filter', 'forward', UNASSIGNED_PRIORITY, unassignedAddressRules(settings)),
    hooked('forward-restore', 'filter', 'forward', RESTORE_PRIORITY, [RESTORE_SOURCE]),
    hooked('output-stray', 'filter', 'output', UNASSIGNED_PRIORITY, unassignedAddressRules(settings)),
    hooked('output-unmark', 'filter', 'output', UNMARK_PRIORITY, unmarkRules()),
    hooked('postrouting', 'nat', 'postrouting', MASQUERADE_PRIORITY, postroutingRules()),
    { name: 'out-of-window', rules: outOfWindowRules() },
    { name: 'out-of-window-input', rules: outOfWindowInputRules(settings) },
    { name: 'unless-expected', rules: unlessExpectedRules(settings) },
    { name: 'restore-source', rules: restoreSourceRules() },
    { name: 'restrict', rules: FAMILIES.map(restrictRule) },
    { name: 'guard', rules: FAMILIES.flatMap(guardRules) },
    ...FAMILIES.flatMap((family) => [
      { name: masqueradeChain(family), rules: masqueradeRules(family, settings) },
      { name: keepSourceChain(family), rules: keepSourceRules(family, settings) },
    ]),
    { name: 'masquerade-now', rules: [...rememberAnsweringRules(), ...masqueradeNowRules(settings)] },
  ];
}

function hooked(
  name: string,
  type: ChainHook['type'],
  hook: ChainHook['hook'],
  priority: number,
  rules: readonly Rule[],
): FilledChain {
  return { name, hook: { type, hook, priority }, rules };
}

function inputRules(invalid: string, inside: InsideMatch): Rule[] {
  return [
    [IS_INVALID, jump(invalid)],
    [IS_NEW, jump('restrict')],
    ...keepMarkRules(),
    ...markRules(inside),
    foreignMarkRule(),
    [IS_NEW, jump('guard')],
  ];
}
