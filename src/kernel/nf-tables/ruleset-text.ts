import { nameOfFamily, type SeenChain } from './ruleset-decoder.js';

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
  return `chain ${nameOfFamily(family)} ${table} ${name}${at}${policy}`;
}

function rulesOf({ rules }: SeenChain): string[] {
  return rules.map(({ handle, expressions }) => {
    const words = expressions.map(({ name, attributes }) => `[ ${name} ${attributes.hex} ]`);
    return `  rule ${handle} ${words.join(' ')}`;
  });
}
