import type { SeenChain } from './ruleset-decoder.js';

/** NFPROTO_* of include/uapi/linux/netfilter.h, as nft calls them. */
const FAMILIES: Readonly<Record<number, string>> = {
  1: 'inet',
  2: 'ip',
  3: 'arp',
  5: 'netdev',
  7: 'bridge',
  10: 'ip6',
};

/**
 * Chains with their hooks and rules, the expressions of a rule by name with their attributes as the kernel has them:
 * for people where there is no nft, as in the agent's image.
 */
export function rulesetText(chains: readonly SeenChain[]): string {
  return chains.map((chain) => `${[headOf(chain), ...rulesOf(chain)].join('\n')}\n`).join('\n');
}

function headOf({ family, table, name, hook }: SeenChain): string {
  const at = hook === undefined ? '' : ` hook ${hook.number} priority ${hook.priority}`;
  const policy = hook?.drops === true ? ' policy drop' : '';
  return `chain ${FAMILIES[family] ?? family} ${table} ${name}${at}${policy}`;
}

function rulesOf({ rules }: SeenChain): string[] {
  return rules.map(({ handle, expressions }) => {
    const words = expressions.map(({ name, attributes }) => `[ ${name} ${attributes.hex} ]`);
    return `  rule ${handle} ${words.join(' ')}`;
  });
}
