import { randomBytes } from 'node:crypto';
import type { VipBinding } from '../../model/vip-binding.js';
import { KernelUnusable } from '../kernel.js';
import type { KernelHandle } from '../native/addon.js';
import { encodeOperations } from '../native/operation-encoder.js';
import { readSet } from '../netlink/netlink-observation.js';
import { ANSWERS_PER_JOB } from '../netlink/netlink-operations.js';
import { type Refusal, sendTransaction } from '../nf-tables/transaction.js';
import { deleteArpTable } from './arp-table.js';
import {
  dumpDigestOf,
  dumpDigestTransaction,
  type Layout,
  layoutOf,
  type StandingRules,
  standingElements,
  standingRulesOf,
} from './layout-set.js';
import { areEqualBytes } from './packet-rules/equal-bytes.js';
import { hasArpTable, type PacketRulesSettings, rulesAndFallbacks } from './packet-rules-settings.js';
import {
  ARP_INDEX,
  EQUAL_BYTES_INDEX,
  GUARDED_4,
  LAYOUT_INDEX,
  layoutDigest,
  TABLE,
  tableTransaction,
} from './packet-table.js';

/** Writes the rules of our table, and tells whether the kernel still has them so. */
export class PacketTableWriter {
  readonly #handle: KernelHandle;
  #wanted: PacketRulesSettings;
  /** As this kernel can have them. */
  #rules: PacketRulesSettings;
  #markKey = randomBytes(16).toString('hex');
  /** Whether the kernel had the key, or was asked for one and had none. */
  #isKeySettled = false;

  /** The generation of nftables in which the kernel was found to have the rules. */
  #foundAt: number | undefined;

  constructor(handle: KernelHandle, rules: PacketRulesSettings) {
    this.#handle = handle;
    this.#wanted = rules;
    this.#rules = rules;
  }

  /** Whether each guarded VIP is to be in the table for ARP too. */
  get hasArpTable(): boolean {
    return hasArpTable(this.#rules);
  }

  get vipBinding(): VipBinding {
    return this.#wanted.vipBinding ?? 'addresses';
  }

  /** Other rules from the next `write` on; whether they are others. */
  setRules(rules: PacketRulesSettings): boolean {
    if (layoutDigest(rules) === layoutDigest(this.#wanted)) return false;
    this.#wanted = rules;
    this.#rules = rules;
    this.#foundAt = undefined;
    return true;
  }

  /** What the rules in the kernel were made from; undefined where there are none. */
  async standing(): Promise<StandingRules | undefined> {
    return standingRulesOf(await readSet(this.#handle, LAYOUT_INDEX));
  }

  /** Whether the kernel has the table as it is wanted, or as this kernel can have it, and nobody changed it. */
  async isWritten(): Promise<boolean> {
    const generation = await this.#handle.nftGeneration();
    if (generation === this.#foundAt) return true;
    const isFound = await this.#isFound();
    this.#foundAt = isFound ? generation : undefined;
    return isFound;
  }

  async #isFound(): Promise<boolean> {
    const { digest, dumpDigest, markKey } = await this.#readLayout();
    if (digest === undefined || markKey !== this.#markKey) return false;
    if (!areEqualBytes(await readSet(this.#handle, EQUAL_BYTES_INDEX))) return false;
    const found = rulesAndFallbacks(this.#wanted).find((rules) => digest === layoutDigest(rules));
    if (found === undefined || dumpDigest !== (await this.#readDumpDigest())) return false;
    this.#rules = found;
    return true;
  }

  /**
   * The key of the firewall marks: what an earlier agent left beside the ledger, or else a new one that `write` leaves
   * there.
   */
  async markKey(): Promise<string> {
    if (!this.#isKeySettled) await this.#readLayout();
    return this.#markKey;
  }

  /** What this kernel cannot have of the rules, one sentence each. */
  lacking(): readonly string[] {
    const { withoutArp, withoutSockets } = this.#rules;
    return [...(withoutArp === true ? [NO_ARP] : []), ...(withoutSockets === true ? [NO_SOCKETS] : [])];
  }

  /** Rejects with KernelUnusable where the kernel takes none of the rules, not even the least. */
  async write(): Promise<void> {
    await this.markKey();
    // What strict ARP left where it is not wanted any more; mostly there is none to delete.
    if (this.#wanted.strictArp !== true) await sendTransaction(this.#handle, deleteArpTable(TABLE));
    const rules = await this.#writeRules();
    this.#rules = rules;
    if (hasArpTable(rules)) await this.#fillArpSet();
    // Killed in between, the next start finds no digest and writes the rules again.
    await sendTransaction(this.#handle, dumpDigestTransaction(await this.#readDumpDigest(), this.#markKey));
  }

  async #writeRules(): Promise<PacketRulesSettings> {
    const refusals: Refusal[] = [];
    for (const rules of rulesAndFallbacks(this.#wanted)) {
      const commands = [...tableTransaction(rules), ...standingElements(rules)];
      const refusal = await sendTransaction(this.#handle, commands);
      if (refusal === undefined) return rules;
      refusals.push(refusal);
    }
    throw rulesRefused(TABLE, refusals);
  }

  // VIPs that were guarded before ARP was to be strict.
  async #fillArpSet(): Promise<void> {
    const guarded = await readSet(this.#handle, GUARDED_4);
    for (let start = 0; start < guarded.length; start += ANSWERS_PER_JOB) {
      const part = guarded.slice(start, start + ANSWERS_PER_JOB);
      const records = part.map(({ element }) => ({ kind: 'add-element', set: ARP_INDEX, element }) as const);
      const { buffer, count } = encodeOperations(records);
      await this.#handle.apply(buffer, count);
    }
  }

  async #readLayout(): Promise<Layout> {
    const layout = layoutOf(await readSet(this.#handle, LAYOUT_INDEX));
    if (!this.#isKeySettled && layout.markKey !== undefined) this.#markKey = layout.markKey;
    this.#isKeySettled = true;
    return layout;
  }

  async #readDumpDigest(): Promise<string> {
    return dumpDigestOf(await this.#handle.dumpRawRules(TABLE));
  }
}

const NO_ARP =
  'this kernel has no nftables for ARP (CONFIG_NF_TABLES_ARP), so strictARP has no effect: the node answers ARP requests ' +
  'for VIPs on every interface. Set net.ipv4.conf.all.arp_ignore=1 instead.';

const NO_SOCKETS =
  'nftables of this kernel cannot ask for sockets (CONFIG_NFT_SOCKET, module nft_socket): where a pod sends a segment out of ' +
  'the window of a masqueraded connection, the node resets the connection. Load the module, or set ' +
  'net.netfilter.nf_conntrack_tcp_be_liberal=1.';

/** nf_tables takes none of our rules, not even the least of them; what it said to each. */
export function rulesRefused(table: string, [refusal]: readonly Refusal[]): KernelUnusable {
  // Who may use IPVS may use nftables too, but for a table that another process has for itself (flag owner, Linux
  // 5.12).
  const isOwned = refusal?.code === 'EPERM';
  return new KernelUnusable(
    isOwned
      ? `another process owns the nftables table inet ${table}, so that nobody else may write to it (EPERM).`
      : `nf_tables refused ${refusal?.text}`,
    isOwned
      ? `\`nft list table inet ${table}\` names it (progname): stop it there; with it the table goes, or is free to delete.`
      : 'The kernel needs nf_tables with the inet family, nft_ct, nft_masq, nft_nat and nft_reject_inet (Linux 5.10 or later).',
  );
}
