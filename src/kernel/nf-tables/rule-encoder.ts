import { FAMILIES, type Family } from '../../model/address.js';
import {
  attribute,
  data,
  type Encoded,
  encoded,
  hostOrder32,
  joined,
  LIST_ELEMENT,
  nested,
  networkOrder16,
  number32,
  number64,
  padded,
  text,
} from './attributes.js';
import { CONNTRACK_KEYS, DIRECTIONS, familyOf, lengthOf, META_KEYS, placeOf, SOCKET_KEYS } from './fields.js';
import type { Assignable, ConstantSet, Field, Rule, Statement, Value, Verdict } from './rule-values.js';

/** The name under which a set of one rule is made; the kernel puts a number in its place. */
export const ANONYMOUS_SET = '__set%d';

/** Makes a set for the rule that is being written; the number that it has within the transaction. */
type MakeSet = (set: ConstantSet) => number;

/**
 * The expressions of a rule, as NFTA_RULE_EXPRESSIONS holds them. Numbers here are those of
 * include/uapi/linux/netfilter/nf_tables.h. They come in the order in which nft writes them, so that nft, which puts
 * them together again to show a rule, shows it in full.
 */
export function encodeExpressions(rule: Rule, makeSet: MakeSet): Encoded {
  const expressions = new Expressions(makeSet);
  for (const statement of rule) expressions.add(statement);
  return expressions.whole();
}

/** include/uapi/linux/netfilter.h */
const FAMILY_NUMBERS = { IPv4: 2, IPv6: 10 } as const satisfies Record<Family, number>;

const EQUAL = 0;
const NOT_EQUAL = 1;
/** NFT_LOOKUP_F_INV */
const INVERTED = 1;
/** NFT_PAYLOAD_CSUM_INET */
const INTERNET_CHECKSUM = 1;
/** NFT_PAYLOAD_L4CSUM_PSEUDOHDR */
const PSEUDO_HEADER = 1;
/** NFT_DYNSET_OP_UPDATE */
const UPDATE = 1;
const NAT_DESTINATION = 1;
/** NF_NAT_RANGE_PROTO_SPECIFIED and NF_NAT_RANGE_PROTO_RANDOM_FULLY */
const FULLY_RANDOM_PORTS = 0x12;
/** As type and code: NFT_REJECT_TCP_RST; NFT_REJECT_ICMPX_UNREACH with NFT_REJECT_ICMPX_PORT_UNREACH. */
const REJECTIONS = { 'tcp-reset': [1, 0], 'port-unreachable': [2, 1] } as const;
/** enum nf_verdict (netfilter.h) and enum nft_verdicts. */
const VERDICTS = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;
const VERDICT_REGISTER = 0;

class Expressions {
  readonly #makeSet: MakeSet;
  readonly #list: Encoded[] = [];
  /** The families of which the packet is known to be one. */
  #families: readonly Family[] = FAMILIES;

  constructor(makeSet: MakeSet) {
    this.#makeSet = makeSet;
  }

  whole(): Encoded {
    return joined(this.#list);
  }

  add(statement: Statement): void {
    switch (statement.kind) {
      case 'compare':
        this.#compare(statement);
        break;
      case 'any-bit':
        this.#anyBit(statement.field, statement.bits);
        break;
      case 'lookup':
        this.#lookup(statement.fields, statement.set, statement.absent === true);
        break;
      case 'remember':
        this.#remember(statement.fields, statement.set, statement.seconds);
        break;
      case 'assign':
        this.#assign(statement.to, statement.value);
        break;
      case 'write':
        this.#write(statement);
        break;
      default:
        this.#decide(statement);
    }
  }

  #decide(statement: Extract<Statement, { kind: 'verdict' | 'reject' | 'masquerade' | 'dnat' }>): void {
    switch (statement.kind) {
      case 'verdict':
        this.#immediate(VERDICT_REGISTER, verdictData(statement.verdict));
        break;
      case 'reject':
        this.#reject(statement.answer);
        break;
      case 'masquerade':
        this.#masquerade(statement.ports);
        break;
      case 'dnat':
        this.#dnat(statement.family, statement.to);
        break;
    }
  }

  #compare({ field, value, mask, unlike }: Extract<Statement, { kind: 'compare' }>): void {
    const [at] = this.#load([field]);
    if (mask !== undefined) this.#and(at, mask);
    this.#compareRegister(at, unlike === true ? NOT_EQUAL : EQUAL, value);
  }

  #anyBit(field: Field, bits: number): void {
    const [at] = this.#load([field]);
    this.#and(at, hostOrder32(bits));
    this.#compareRegister(at, NOT_EQUAL, hostOrder32(0));
  }

  #lookup(fields: readonly Field[], set: string | ConstantSet, absent: boolean): void {
    const [at] = this.#load(fields);
    const flags = absent ? [number32(5, INVERTED)] : [];
    const name =
      typeof set === 'string' ? [text(1, set)] : [text(1, ANONYMOUS_SET), number32(4, this.#makeSet(set))];
    this.#expression('lookup', ...name, register(2, at), ...flags);
  }

  #remember(fields: readonly Field[], set: string, seconds: number): void {
    const [at] = this.#load(fields);
    const timeout = number64(6, BigInt(seconds) * 1000n);
    this.#expression('dynset', text(1, set), number32(3, UPDATE), register(4, at), timeout);
  }

  #assign(to: Assignable, value: Value): void {
    const at = this.#evaluate(value);
    this.#expression('meta', number32(2, META_KEYS[to].key), register(3, at));
  }

  #write({ to, value, checksumAt, isInPseudoHeader }: Extract<Statement, { kind: 'write' }>): void {
    const [at] = value instanceof Uint8Array ? [this.#constant(0, value)] : this.#load([value]);
    const checksum =
      checksumAt === undefined ? [] : [number32(6, INTERNET_CHECKSUM), number32(7, checksumAt)];
    const pseudo = isInPseudoHeader === true ? [number32(8, PSEUDO_HEADER)] : [];
    this.#expression('payload', register(5, at), ...placeOf(to), ...checksum, ...pseudo);
  }

  #evaluate(value: Value): number {
    if ('field' in value) return this.#load([value.field])[0];
    if ('constant' in value) return this.#constant(0, hostOrder32(value.constant));
    const [at] = this.#load(value.keys);
    this.#expression('lookup', text(1, value.map), register(2, at), register(3, at));
    return at;
  }

  #masquerade([first, last]: readonly [number, number]): void {
    const from = this.#constant(0, networkOrder16(first));
    const to = this.#constant(ADDRESS_WORDS, networkOrder16(last));
    this.#expression('masq', number32(1, FULLY_RANDOM_PORTS), register(2, from), register(3, to));
  }

  #dnat(family: Family, to: Field): void {
    const [at] = this.#load([to]);
    this.#expression(
      'nat',
      number32(1, NAT_DESTINATION),
      number32(2, FAMILY_NUMBERS[family]),
      register(3, at),
    );
  }

  /** Loads fields side by side; the registers in which they begin. */
  #load(fields: readonly Field[]): [number, ...number[]] {
    for (const field of fields) this.#require(familyOf(field));
    let words = 0;
    const registers = fields.map((field) => {
      const at = registerAt(words);
      words += padded(lengthOf(field)) / 4;
      this.#loadOne(field, at);
      return at;
    });
    return registers as [number, ...number[]];
  }

  #loadOne(field: Field, at: number): void {
    switch (field.from) {
      case 'meta':
        this.#expression('meta', number32(2, META_KEYS[field.key].key), register(1, at));
        break;
      case 'socket':
        this.#expression('socket', number32(1, SOCKET_KEYS[field.key].key), register(2, at));
        break;
      case 'conntrack': {
        const row = CONNTRACK_KEYS[field.key];
        const direction = 'of' in row ? [attribute(3, encoded(Uint8Array.of(DIRECTIONS[row.of])))] : [];
        this.#expression('ct', register(1, at), number32(2, row.key), ...direction);
        break;
      }
      default:
        this.#expression('payload', register(1, at), ...placeOf(field));
    }
  }

  // The bytes of an address are something else in a packet of the other family.
  #require(family: Family | undefined): void {
    if (family === undefined || this.#families.length === 1) return;
    this.#families = [family];
    const [at] = this.#load([{ from: 'meta', key: 'nfproto' }]);
    this.#compareRegister(at, EQUAL, Uint8Array.of(FAMILY_NUMBERS[family]));
  }

  #compareRegister(at: number, operation: number, value: Uint8Array): void {
    this.#expression('cmp', register(1, at), number32(2, operation), nested(3, data(value)));
  }

  #and(at: number, mask: Uint8Array): void {
    const nothing = nested(5, data(new Uint8Array(mask.length)));
    const length = number32(3, mask.length);
    this.#expression('bitwise', register(1, at), register(2, at), length, nested(4, data(mask)), nothing);
  }

  #constant(words: number, value: Uint8Array): number {
    const at = registerAt(words);
    this.#immediate(at, data(value));
    return at;
  }

  #immediate(at: number, contents: Encoded): void {
    this.#expression('immediate', register(1, at), nested(2, contents));
  }

  #reject(answer: keyof typeof REJECTIONS): void {
    const [type, code] = REJECTIONS[answer];
    this.#expression('reject', number32(1, type), attribute(2, encoded(Uint8Array.of(code))));
  }

  #expression(name: string, ...attributes: readonly Encoded[]): void {
    this.#list.push(nested(LIST_ELEMENT, text(1, name), nested(2, ...attributes)));
  }
}

/** Registers are words of 4 bytes; an address of IPv6 fills four of them. */
const ADDRESS_WORDS = 4;
/** NFT_REG_1 is the first word of sixteen, and every fourth has such a name; NFT_REG32_00 begins the other names. */
const FIRST_REGISTER = 1;
const FIRST_WORD = 8;

function registerAt(words: number): number {
  return words % ADDRESS_WORDS === 0 ? FIRST_REGISTER + words / ADDRESS_WORDS : FIRST_WORD + words;
}

function register(type: number, at: number): Encoded {
  return number32(type, at);
}

function verdictData(verdict: Verdict): Encoded {
  const chain = 'chain' in verdict ? [text(2, verdict.chain)] : [];
  return nested(2, number32(1, VERDICTS[verdict.to]), ...chain);
}
