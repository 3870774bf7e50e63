import { setTimeout as sleep } from 'node:timers/promises';
import { FAMILIES } from '../../model/address.js';
import { counted } from '../../model/counted.js';
import type { Preparation } from '../kernel.js';
import type { Addon, KernelHandle } from '../native/addon.js';
import { NetlinkError } from '../native/netlink-error.js';
import { sendTransaction } from '../nf-tables/transaction.js';
import { RULES_PLACES, type RulesFound, recogniseRules, removalOf, setNames } from './kube-proxy-rules.js';

/** nf_tables frees the rules of a transaction behind it (nf_tables_trans_destroy_work), and their sets with them. */
const BUSY_PATIENCE = 1000;
const BUSY_INTERVAL = 100;

/**
 * What kube-proxy's IPVS mode left outside of IPVS and the dummy device: chains in the tables of iptables-nft, which
 * nf_tables deletes, and sets of ip_set. Chains of legacy iptables cannot be deleted without its program; with their
 * sets empty they match nothing.
 */
export class KubeProxyRemains {
  readonly #handle: KernelHandle;

  constructor(addon: Addon) {
    this.#handle = new addon.KernelHandle({ device: '', table: '', sets: [] });
  }

  /** What `remove` would remove, one sentence each. */
  async preview(): Promise<readonly string[]> {
    const rules = (await this.#findRules())
      .filter(isWorthRemoving)
      .map((found) => `remove ${rulesText(found)}`);
    const sets = (await this.#those(everySet(), (name) => this.#handle.findIpset(name))).length;
    return [...rules, ...(sets === 0 ? [] : [`destroy ${counted(sets, 'ipset')} of kube-proxy`])];
  }

  /** Removes it; what could not be removed is a warning. May be called again. */
  async remove(): Promise<Preparation> {
    const done: string[] = [];
    const warnings: string[] = [];
    for (const found of await this.#findRules()) {
      if (found.kept.length > 0) warnings.push(keptText(found));
      if (!isWorthRemoving(found)) continue;
      const refusal = await sendTransaction(this.#handle, removalOf(found));
      if (refusal === undefined) done.push(`removed ${rulesText(found)}`);
      else warnings.push(`nf_tables refused to remove ${rulesText(found)}: ${refusal.text}`);
    }
    await this.#removeSets(done, warnings);
    return { done, warnings };
  }

  close(): void {
    this.#handle.close();
  }

  async #findRules(): Promise<RulesFound[]> {
    const found: RulesFound[] = [];
    for (const place of RULES_PLACES) {
      const { family, table } = place;
      const rules = await (family === 'ip' ? this.#handle.dumpRules(table) : this.#handle.dumpRules6(table));
      found.push(recogniseRules(rules, place));
    }
    return found;
  }

  async #removeSets(done: string[], warnings: string[]): Promise<void> {
    const present = await this.#those(everySet(), (name) => this.#handle.flushIpset(name));
    let busy = await this.#those(present, (name) => this.#isBusy(name));
    const deadline = performance.now() + BUSY_PATIENCE;
    while (busy.length > 0 && performance.now() < deadline) {
      await sleep(BUSY_INTERVAL);
      busy = await this.#those(busy, (name) => this.#isBusy(name));
    }
    const destroyed = present.length - busy.length;
    if (destroyed > 0) done.push(`destroyed ${counted(destroyed, 'ipset')} of kube-proxy`);
    if (busy.length > 0) warnings.push(busyText(busy));
  }

  // One after the other, since a handle does one thing at a time.
  async #those(names: readonly string[], ask: (name: string) => Promise<boolean>): Promise<string[]> {
    const those: string[] = [];
    for (const name of names) if (await ask(name)) those.push(name);
    return those;
  }

  async #isBusy(name: string): Promise<boolean> {
    try {
      await this.#handle.destroyIpset(name);
      return false;
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'EBUSY') return true;
      throw error;
    }
  }
}

function everySet(): string[] {
  return FAMILIES.flatMap((family) => setNames(family));
}

function isWorthRemoving({ jumps, chains }: RulesFound): boolean {
  return jumps.length + chains.length > 0;
}

function rulesText({ family, table, jumps, chains }: RulesFound): string {
  return `${counted(jumps.length, 'jump')} and ${counted(chains.length, 'chain')} of kube-proxy in table ${family} ${table}`;
}

function keptText({ family, table, kept }: RulesFound): string {
  return (
    `kept ${kept.join(', ')} of kube-proxy in table ${family} ${table}: rules of another program lead there. ` +
    'Remove those rules, then the chains.'
  );
}

function busyText(names: readonly string[]): string {
  return (
    `emptied ${names.join(', ')}, which rules of legacy iptables still refer to. With empty sets the rules do nothing; ` +
    'they go with the next boot, or with iptables-legacy as docs/node-setup.md says.'
  );
}
