import type { KernelHandle } from '../native/addon.js';
import { errnoName } from '../native/netlink-error.js';
import { LITTLE_ENDIAN } from '../native/records.js';
import { bytesOf, type Encoded, encoded, joined, nested, number32, number64, text } from './attributes.js';
import { encodeExpressions } from './rule-encoder.js';
import type {
  ChainDeclaration,
  ChainHook,
  ConstantSet,
  Rule,
  SetDeclaration,
  SetElement,
} from './rule-values.js';
import { encodeConstantElements, encodeConstantSet, encodeElements, encodeSet } from './set-encoder.js';

/** Which table; its name may be another's in another family. */
export interface TableName {
  readonly family: 'inet' | 'ip' | 'ip6' | 'arp';
  readonly table: string;
}

/** Adding what is there already changes nothing; rules are added behind those that are there. */
export type Command = TableName &
  (
    | { readonly kind: 'add-table' | 'delete-table' }
    | { readonly kind: 'add-set'; readonly set: SetDeclaration }
    | { readonly kind: 'add-chain'; readonly chain: ChainDeclaration }
    | { readonly kind: 'flush-chain' | 'delete-chain'; readonly chain: string }
    | { readonly kind: 'add-rule'; readonly chain: string; readonly rule: Rule }
    | { readonly kind: 'delete-rule'; readonly chain: string; readonly handle: number }
    | { readonly kind: 'flush-set'; readonly set: string }
    | { readonly kind: 'add-elements'; readonly set: string; readonly elements: readonly SetElement[] }
  );

interface EncodedTransaction {
  /** nf_tables messages one after the other, without the messages that begin and end a batch. */
  readonly bytes: Uint8Array;
  /**
   * What each message is about, `rule 3 of chain guard in table inet x`: the kernel tells only which one it refused.
   */
  readonly subjects: readonly string[];
}

export function encodeTransaction(commands: readonly Command[]): EncodedTransaction {
  const messages = new Messages();
  for (const command of commands) messages.add(command);
  return { bytes: bytesOf(joined(messages.list)), subjects: messages.subjects };
}

/** NLM_F_* */
const REQUEST = 0x1;
const CREATE = 0x400;
const APPEND = 0x800;

/** NFT_MSG_*, include/uapi/linux/netfilter/nf_tables.h */
const TYPES = {
  'new-table': { number: 0, flags: CREATE },
  'delete-table': { number: 2, flags: 0 },
  'new-chain': { number: 3, flags: CREATE },
  'delete-chain': { number: 5, flags: 0 },
  'new-rule': { number: 6, flags: CREATE | APPEND },
  'delete-rule': { number: 8, flags: 0 },
  'new-set': { number: 9, flags: CREATE },
  'new-elements': { number: 12, flags: CREATE },
  'delete-elements': { number: 14, flags: 0 },
} as const;

/** NFNL_SUBSYS_NFTABLES */
const SUBSYSTEM = 10;
/** include/uapi/linux/netfilter.h */
const FAMILIES = { inet: 1, ip: 2, arp: 3, ip6: 10 } as const;
const HEADER_SIZE = 20;

/** Hooks of the IP families (enum nf_inet_hooks); those of ARP have numbers of their own. */
const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const ARP_HOOKS = { ...HOOKS, input: 0, output: 1, forward: 2 } as const;
const ACCEPT = 1;

/** A message without its table. */
interface Content {
  readonly type: keyof typeof TYPES;
  readonly subject: string;
  readonly attributes?: readonly Encoded[];
}

class Messages {
  readonly list: Encoded[] = [];
  readonly subjects: string[] = [];
  readonly #rules = new Map<string, number>();
  #sets = 0;

  add(command: Command): void {
    if (command.kind === 'add-rule') this.#addRule(command, command.chain, command.rule);
    else
      this.#put(
        command,
        contentOf(command, () => ++this.#sets),
      );
  }

  // The sets of a rule are made before it.
  #addRule(name: TableName, chain: string, rule: Rule): void {
    const subject = `rule ${this.#countRule(name, chain)} of chain ${chain}`;
    const expressions = encodeExpressions(rule, (set) => this.#makeSet(name, set, subject));
    this.#put(name, { type: 'new-rule', subject, attributes: [text(2, chain), nested(4, expressions)] });
  }

  #makeSet(name: TableName, set: ConstantSet, rule: string): number {
    const id = ++this.#sets;
    const subject = `the set in ${rule}`;
    this.#put(name, { type: 'new-set', subject, attributes: [encodeConstantSet(set, id)] });
    this.#put(name, { type: 'new-elements', subject, attributes: [encodeConstantElements(set, id)] });
    return id;
  }

  #countRule({ family, table }: TableName, chain: string): number {
    const key = `${family} ${table} ${chain}`;
    const count = (this.#rules.get(key) ?? 0) + 1;
    this.#rules.set(key, count);
    return count;
  }

  // Every message names its table in its first attribute.
  #put({ family, table }: TableName, { type, subject, attributes = [] }: Content): void {
    const { number, flags } = TYPES[type];
    this.list.push(encodeMessage(number, flags, FAMILIES[family], joined([text(1, table), ...attributes])));
    this.subjects.push(`${subject}${subject === '' ? '' : ' in '}table ${family} ${table}`);
  }
}

function contentOf(command: Exclude<Command, { kind: 'add-rule' }>, newSet: () => number): Content {
  switch (command.kind) {
    case 'add-table':
      return { type: 'new-table', subject: '' };
    case 'delete-table':
      return { type: 'delete-table', subject: '' };
    case 'add-set':
      return {
        type: 'new-set',
        subject: `set ${command.set.name}`,
        attributes: [encodeSet(command.set, newSet())],
      };
    case 'flush-set':
      return {
        type: 'delete-elements',
        subject: `elements of set ${command.set}`,
        attributes: [text(2, command.set)],
      };
    case 'add-elements':
      return {
        type: 'new-elements',
        subject: `elements of set ${command.set}`,
        attributes: [encodeElements(command.set, command.elements)],
      };
    case 'add-chain':
      return {
        type: 'new-chain',
        subject: `chain ${command.chain.name}`,
        attributes: [encodeChain(command.chain, command)],
      };
    default:
      return chainContent(command);
  }
}

function chainContent(
  command: Extract<Command, { kind: 'flush-chain' | 'delete-chain' | 'delete-rule' }>,
): Content {
  const { kind, chain } = command;
  if (kind === 'delete-chain') return { type: kind, subject: `chain ${chain}`, attributes: [text(3, chain)] };
  const subject = kind === 'flush-chain' ? `the rules of chain ${chain}` : `a rule of chain ${chain}`;
  const handle = 'handle' in command ? [number64(3, BigInt(command.handle))] : [];
  return { type: 'delete-rule', subject, attributes: [text(2, chain), ...handle] };
}

// struct nlmsghdr, then struct nfgenmsg; the sender numbers the messages.
function encodeMessage(type: number, flags: number, family: number, body: Encoded): Encoded {
  const bytes = new Uint8Array(HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HEADER_SIZE + body.length, LITTLE_ENDIAN);
  view.setUint16(4, (SUBSYSTEM << 8) | type, LITTLE_ENDIAN);
  view.setUint16(6, REQUEST | flags, LITTLE_ENDIAN);
  bytes[16] = family;
  return joined([encoded(bytes), body]);
}

function encodeChain({ name, hook }: ChainDeclaration, { family }: TableName): Encoded {
  if (hook === undefined) return text(3, name);
  return joined([text(3, name), encodeHook(hook, family), number32(5, ACCEPT), text(7, hook.type)]);
}

function encodeHook({ hook, priority }: ChainHook, family: TableName['family']): Encoded {
  const numbers = family === 'arp' ? ARP_HOOKS : HOOKS;
  return nested(4, number32(1, numbers[hook]), number32(2, priority));
}

/** Why the kernel changed nothing. */
export interface Refusal {
  /** `EOPNOTSUPP` */
  readonly code: string;
  /** What was refused, the error's name, and the kernel's own words where it has some. */
  readonly text: string;
}

/**
 * All commands in one transaction, or none; undefined where they are done. Rejects where there is no nf_tables to talk
 * to.
 */
export async function sendTransaction(
  handle: Pick<KernelHandle, 'sendNft'>,
  commands: readonly Command[],
): Promise<Refusal | undefined> {
  const { bytes, subjects } = encodeTransaction(commands);
  const { errno, message, extAck } = await handle.sendNft(bytes);
  if (errno === 0) return undefined;
  const code = errnoName(errno);
  const subject = subjects[message] ?? 'the whole transaction';
  return { code, text: `${subject}: ${code}${extAck === '' ? '' : `, ${extAck}`}` };
}
