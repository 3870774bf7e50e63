import type { KernelHandle } from '../native/addon.js';
import type { Rule, SetDeclaration, Statement } from '../nf-tables/rule-values.js';
import { type Command, sendTransaction, type TableName } from '../nf-tables/transaction.js';
import { ARP_VIPS, IGNORE_REQUESTS } from '../packet-table/arp-table.js';
import { guardRules, keepDestinationRule } from '../packet-table/packet-rules/guard-rules.js';
import { markRules } from '../packet-table/packet-rules/mark-rules.js';
import { masqueradeNowRules } from '../packet-table/packet-rules/masquerade-rules.js';
import { ACCEPT, askedFor, EVERYBODY } from '../packet-table/packet-rules/rule-words.js';
import { PLAIN_RULES } from '../packet-table/packet-rules-settings.js';
import { PACKET_SETS, setDeclaration } from '../packet-table/packet-sets.js';
import { NFT_FEATURES, type NftFeature, type Presence } from './kernel-features.js';

const NAME: TableName = { family: 'inet', table: 'kube-ipvs-proxy-trial' };
/** No packet passes it: it has no hook. */
const CHAIN = 'trial';

/** Our own sets and rules that need each feature. */
const TRIALS: Readonly<Record<NftFeature, readonly Command[]>> = {
  masquerade: trial(masqueradeNowRules(PLAIN_RULES)),
  'destination NAT': trial([keepDestinationRule('IPv4')]),
  'original destination': trial([[...askedFor('IPv4', 'TCP', 'owned'), ACCEPT]]),
  reject: trial(guardRules('IPv4')),
  'intervals in concatenations': trialTable(
    NAME,
    [setDeclaration({ purpose: 'sources', family: 'IPv4' })],
    [],
  ),
  'maps to marks': trial(markRules(EVERYBODY).slice(0, 1)),
  arp: trialTable({ ...NAME, family: 'arp' }, [ARP_VIPS], [IGNORE_REQUESTS]),
};

/** With the sets that the rules name: one that is missing would be refused as the feature is where a kernel lacks it. */
function trial(rules: readonly Rule[]): Command[] {
  const named = new Set(rules.flat().flatMap(setsNamedBy));
  const sets = PACKET_SETS.map(setDeclaration).filter(({ name }) => named.has(name));
  return trialTable(NAME, sets, rules);
}

function setsNamedBy(statement: Statement): string[] {
  if (statement.kind === 'assign') return 'map' in statement.value ? [statement.value.map] : [];
  const isAsked = statement.kind === 'lookup' || statement.kind === 'remember';
  return isAsked && typeof statement.set === 'string' ? [statement.set] : [];
}

function trialTable(name: TableName, sets: readonly SetDeclaration[], rules: readonly Rule[]): Command[] {
  return [
    { ...name, kind: 'add-table' },
    ...sets.map((set) => ({ ...name, kind: 'add-set', set }) as const),
    { ...name, kind: 'add-chain', chain: { name: CHAIN } },
    ...rules.map((rule) => ({ ...name, kind: 'add-rule', chain: CHAIN, rule }) as const),
    { ...name, kind: 'delete-table' },
  ];
}

/**
 * Finds out by trying: table, rules and their deletion are one transaction, so nothing is ever there for a packet, and
 * a refusal leaves nothing behind. The kernel loads what modules it needs.
 */
export async function tryNftables(handle: KernelHandle): Promise<Readonly<Record<NftFeature, Presence>>> {
  const found: Partial<Record<NftFeature, Presence>> = {};
  for (const name of NFT_FEATURES) found[name] = await tryOne(handle, name);
  return found as Record<NftFeature, Presence>;
}

async function tryOne(handle: KernelHandle, name: NftFeature): Promise<Presence> {
  try {
    const refusal = await sendTransaction(handle, TRIALS[name]);
    if (refusal === undefined) return 'yes';
    return refusal.code === 'EPERM' ? 'unknown' : 'no';
  } catch {
    return 'unknown';
  }
}
