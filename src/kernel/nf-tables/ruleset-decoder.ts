import { LITTLE_ENDIAN } from '../native/records.js';

/** Chains and rules of any table, out of what the kernel answers: include/uapi/linux/netfilter/nf_tables.h. */

export interface SeenChain {
  /** NFPROTO_* */
  readonly family: number;
  readonly table: string;
  readonly name: string;
  /** Undefined for one that is only jumped to. */
  readonly hook: { readonly number: number; readonly priority: number; readonly drops: boolean } | undefined;
  readonly rules: SeenRule[];
}

export interface SeenRule {
  readonly handle: number;
  readonly expressions: readonly SeenExpression[];
}

export interface SeenExpression {
  /** `payload`, `cmp`, `immediate` … */
  readonly name: string;
  readonly attributes: Attributes;
}

const NEW_RULE = 6;
/** Of every answer of the addon (AnswerHeader in native/records.h); the frames are its records. */
const ANSWER_HEADER = 16;
const FRAME_HEADER = 8;

const CHAIN = { table: 1, name: 3, hook: 4, policy: 5 } as const;
const HOOK = { number: 1, priority: 2 } as const;
const RULE = { table: 1, chain: 2, handle: 3, expressions: 4 } as const;
const EXPRESSION = { name: 1, data: 2 } as const;

/** Every chain with its rules, in their order. */
export function decodeRuleset(answer: ArrayBuffer): SeenChain[] {
  const chains = new Map<string, SeenChain>();
  const view = new DataView(answer);
  for (let offset = ANSWER_HEADER; offset + FRAME_HEADER <= answer.byteLength; ) {
    const length = view.getUint32(offset, LITTLE_ENDIAN);
    const [command, family] = [view.getUint8(offset + 4), view.getUint8(offset + 5)];
    const body = new Attributes(new Uint8Array(answer, offset + FRAME_HEADER, length));
    offset += FRAME_HEADER + length;
    if (command === NEW_RULE) addRule(chains, family, body);
    else addChain(chains, family, body);
  }
  return [...chains.values()];
}

function addChain(chains: Map<string, SeenChain>, family: number, body: Attributes): void {
  const [table, name] = [body.text(CHAIN.table), body.text(CHAIN.name)];
  const hook = body.nest(CHAIN.hook);
  const drops = body.number(CHAIN.policy) === 0;
  chains.set(keyOf(family, table, name), {
    family,
    table,
    name,
    hook: hook && {
      number: hook.number(HOOK.number) ?? 0,
      priority: (hook.number(HOOK.priority) ?? 0) | 0,
      drops,
    },
    rules: [],
  });
}

function addRule(chains: Map<string, SeenChain>, family: number, body: Attributes): void {
  const chain = chains.get(keyOf(family, body.text(RULE.table), body.text(RULE.chain)));
  const expressions = body.nest(RULE.expressions)?.all() ?? [];
  chain?.rules.push({
    handle: body.number(RULE.handle) ?? 0,
    expressions: expressions.map((bytes) => {
      const expression = new Attributes(bytes);
      return {
        name: expression.text(EXPRESSION.name),
        attributes: expression.nest(EXPRESSION.data) ?? NO_ATTRIBUTES,
      };
    }),
  });
}

export function keyOf(family: number, table: string, chain: string): string {
  return `${family} ${table} ${chain}`;
}

const TYPE = 0x3fff;

/** Netlink attributes; every length is checked, and what does not fit ends the list. */
export class Attributes {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** All of them as they stand there. */
  get hex(): string {
    return Buffer.from(this.#bytes).toString('hex');
  }

  /** Undefined where there is none of this type. */
  bytes(type: number): Uint8Array | undefined {
    for (const [found, value] of this.#entries()) if (found === type) return value;
    return undefined;
  }

  /** Big-endian, as nf_tables has its numbers; of 8 bytes the last 6. */
  number(type: number): number | undefined {
    const value = this.bytes(type);
    return value?.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  text(type: number): string {
    const value = this.bytes(type) ?? new Uint8Array();
    const end = value.indexOf(0);
    return Buffer.from(end === -1 ? value : value.subarray(0, end)).toString();
  }

  nest(type: number): Attributes | undefined {
    const value = this.bytes(type);
    return value && new Attributes(value);
  }

  all(): Uint8Array[] {
    return [...this.#entries()].map(([, value]) => value);
  }

  *#entries(): Generator<readonly [type: number, value: Uint8Array]> {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    for (let offset = 0; offset + 4 <= this.#bytes.length; ) {
      const length = view.getUint16(offset, LITTLE_ENDIAN);
      if (length < 4 || offset + length > this.#bytes.length) return;
      const type = view.getUint16(offset + 2, LITTLE_ENDIAN) & TYPE;
      yield [type, this.#bytes.subarray(offset + 4, offset + length)];
      offset += (length + 3) & ~3;
    }
  }
}

const NO_ATTRIBUTES = new Attributes(new Uint8Array());

/** NFPROTO_* of include/uapi/linux/netfilter.h, as nft calls them. */
const FAMILIES: Readonly<Record<number, string>> = {
  1: 'inet',
  2: 'ip',
  3: 'arp',
  5: 'netdev',
  7: 'bridge',
  10: 'ip6',
};

export function nameOfFamily(family: number): string {
  return FAMILIES[family] ?? String(family);
}

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
