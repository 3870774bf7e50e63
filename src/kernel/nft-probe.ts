import { NFT_FEATURES, type NftFeature, type Presence } from './kernel-features.js';
import type { KernelHandle } from './native/addon.js';

const TABLE = 'kube-ipvs-proxy-trial';

/** What is tried for each feature, inside a table of the family named; no chain is hooked where packets pass. */
const TRIALS: Readonly<Record<NftFeature, { readonly family: string; readonly body: string }>> = {
  masquerade: {
    family: 'inet',
    body: 'chain a {\n meta l4proto tcp masquerade to :1024-29999 fully-random\n }',
  },
  'destination NAT': { family: 'inet', body: 'chain a {\n dnat ip to ip daddr\n }' },
  'original destination': {
    family: 'inet',
    body: 'set s { type ipv4_addr . inet_service; }\n chain a {\n meta l4proto tcp ct original ip daddr . ct original proto-dst @s accept\n }',
  },
  reject: {
    family: 'inet',
    body: 'chain a {\n meta l4proto tcp reject with tcp reset\n meta l4proto udp reject with icmpx port-unreachable\n }',
  },
  'intervals in concatenations': {
    family: 'inet',
    body: 'set s { type ipv4_addr . inet_service . ipv4_addr; flags interval; }',
  },
  'local address lookup': { family: 'inet', body: 'chain a {\n fib daddr type local accept\n }' },
  'maps to marks': {
    family: 'inet',
    body: 'map m { type ipv4_addr . inet_proto . inet_service : mark; }\n chain a {\n meta mark set ip daddr . meta l4proto . th dport map @m\n }',
  },
  arp: { family: 'arp', body: 'set s { type ipv4_addr; }\n chain a {\n arp daddr ip @s drop\n }' },
};

/**
 * Finds out by trying: table, rules and their deletion are one transaction, so nothing is ever there for a packet, and a
 * refusal leaves nothing behind. The kernel loads what modules it needs.
 */
export async function tryNftables(handle: KernelHandle): Promise<Readonly<Record<NftFeature, Presence>>> {
  const found: Partial<Record<NftFeature, Presence>> = {};
  for (const name of NFT_FEATURES) found[name] = await tryOne(handle, name);
  return found as Record<NftFeature, Presence>;
}

async function tryOne(handle: KernelHandle, name: NftFeature): Promise<Presence> {
  const { family, body } = TRIALS[name];
  const text = `table ${family} ${TABLE} {\n${body}\n}\ndelete table ${family} ${TABLE}`;
  try {
    const { ok, error } = await handle.runNft(text);
    if (ok) return 'yes';
    return error.includes('Operation not permitted') ? 'unknown' : 'no';
  } catch {
    return 'unknown';
  }
}
