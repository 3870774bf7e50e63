import { type Command, encodeTransaction } from '../../src/kernel/nf-tables/transaction.js';

/**
 * A transaction of ours in the words of `nft --debug=netlink`, read back from its bytes: a text for each rule, with the
 * elements of its sets before it, and with its chain.
 */
export interface ExplainedRule {
  readonly chain: string;
  readonly lines: readonly string[];
}

export function explainRules(commands: readonly Command[]): ExplainedRule[] {
  const rules: ExplainedRule[] = [];
  let elements: string[] = [];
  for (const { type, attributes } of messages(encodeTransaction(commands).bytes)) {
    if (type === NEW_ELEMENTS && text(attributes, 2) === '__set%d') elements.push(elementsLine(attributes));
    if (type !== NEW_RULE) continue;
    rules.push({ chain: text(attributes, 2), lines: [...elements, ...expressions(attributes)] });
    elements = [];
  }
  return rules;
}

/** The same of what nft says; `byteorder` of one byte is left out, see guard-rules.ts. */
export function readDebugRules(output: string): ExplainedRule[] {
  const rules: { chain: string; lines: string[] }[] = [];
  let elements: string[] = [];
  for (const line of output.split('\n')) {
    const words = line.trim();
    if (line.startsWith('\telement')) elements = [words.replaceAll('\t', ' ').replaceAll(/\s+/g, ' ')];
    else if (/^\S+ \S+ [\w-]+$/.test(line)) {
      rules.push({ chain: line.split(' ')[2] ?? '', lines: elements });
      elements = [];
    } else if (line.startsWith('  [') && !words.startsWith('[ byteorder')) rules.at(-1)?.lines.push(words);
  }
  return rules.filter(({ lines }) => lines.some((line) => line.startsWith('[')));
}

interface Message {
  readonly type: number;
  readonly attributes: Attributes;
}

type Attributes = ReadonlyMap<number, Uint8Array>;

const NEW_RULE = 6;
const NEW_ELEMENTS = 12;

function messages(bytes: Uint8Array): Message[] {
  const found: Message[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
    const length = view.getUint32(0, true);
    found.push({
      type: view.getUint16(4, true) & 0xff,
      attributes: read(bytes.subarray(offset + 20, offset + length)),
    });
    offset += length;
  }
  return found;
}

function list(bytes: Uint8Array): [number, Uint8Array][] {
  const found: [number, Uint8Array][] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
    const length = view.getUint16(0, true);
    found.push([view.getUint16(2, true) & 0x3fff, bytes.subarray(offset + 4, offset + length)]);
    offset += (length + 3) & ~3;
  }
  return found;
}

const read = (bytes: Uint8Array): Attributes => new Map(list(bytes));
const bytesAt = (attributes: Attributes, type: number) => attributes.get(type) ?? new Uint8Array(0);
const nestAt = (attributes: Attributes, type: number) => read(bytesAt(attributes, type));
const text = (attributes: Attributes, type: number) =>
  Buffer.from(bytesAt(attributes, type)).toString().replace(/\0$/, '');

function number(attributes: Attributes, type: number): number {
  const bytes = bytesAt(attributes, type);
  return bytes.length === 0 ? 0 : Number(`0x${Buffer.from(bytes).toString('hex')}`);
}

// nft shows data as numbers of 4 bytes in host order.
function words(bytes: Uint8Array): string {
  const padded = Buffer.alloc((bytes.length + 3) & ~3);
  padded.set(bytes);
  const numbers = Array.from({ length: padded.length / 4 }, (_, index) => padded.readUInt32LE(4 * index));
  return numbers.map((value) => `0x${value.toString(16).padStart(8, '0')}`).join(' ');
}

const value = (attributes: Attributes, type: number) => words(bytesAt(nestAt(attributes, type), 1));

function elementsLine(attributes: Attributes): string {
  const shown = list(bytesAt(attributes, 3)).map(([, element]) => {
    const parts = read(element);
    const notes = parts.has(6) ? ` userdata = { ${Array.from(bytesAt(parts, 6), escaped).join('')} }` : '';
    return `element ${value(parts, 1).replaceAll('0x', '')} : ${number(parts, 3)} [end]${notes}`;
  });
  return shown.join(' ');
}

const escaped = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`;

function expressions(rule: Attributes): string[] {
  return list(bytesAt(rule, 4)).map(([, expression]) => {
    const parts = read(expression);
    return `[ ${(SAY[text(parts, 1)] ?? unknown)(nestAt(parts, 2))} ]`;
  });
}

function unknown(): never {
  throw new Error('an expression that nft-debug-lines.ts cannot read yet');
}

const META = new Map([
  [2, 'priority'],
  [3, 'mark'],
  [6, 'iifname'],
  [15, 'nfproto'],
  [16, 'l4proto'],
]);
const CONNTRACK = new Map([
  [0, 'state'],
  [1, 'direction'],
  [2, 'status'],
  [11, 'proto_src'],
  [19, 'src_ip'],
  [21, 'src_ip6'],
  [12, 'proto_dst'],
  [20, 'dst_ip'],
  [22, 'dst_ip6'],
]);
const VERDICTS = new Map([
  [0, 'drop'],
  [1, 'accept'],
  [0xffff_fffd, 'jump'],
  [0xffff_fffc, 'goto'],
  [0xffff_fffb, 'return'],
]);

const SAY: Readonly<Record<string, (parts: Attributes) => string>> = {
  meta: (parts) =>
    parts.has(1)
      ? `meta load ${META.get(number(parts, 2))} => reg ${number(parts, 1)}`
      : `meta set ${META.get(number(parts, 2))} with reg ${number(parts, 3)}`,
  ct: (parts) =>
    `ct load ${CONNTRACK.get(number(parts, 2))} => reg ${number(parts, 1)}` +
    (parts.has(3) ? ` , dir ${['original', 'reply'][number(parts, 3)]}` : ''),
  payload: (parts) => {
    const place = `${number(parts, 4)}b @ ${['', 'network', 'transport'][number(parts, 2)]} header + ${number(parts, 3)}`;
    if (parts.has(1)) return `payload load ${place} => reg ${number(parts, 1)}`;
    const checksum = `csum_type ${number(parts, 6)} csum_off ${number(parts, 7)} csum_flags 0x${number(parts, 8)}`;
    return `payload write reg ${number(parts, 5)} => ${place} ${checksum}`;
  },
  cmp: (parts) => `cmp ${['eq', 'neq'][number(parts, 2)]} reg ${number(parts, 1)} ${value(parts, 3)}`,
  bitwise: (parts) =>
    `bitwise reg ${number(parts, 2)} = ( reg ${number(parts, 1)} & ${value(parts, 4)} ) ^ ${value(parts, 5)}`,
  socket: (parts) => `socket load ${['transparent'][number(parts, 1)]} => reg ${number(parts, 2)}`,
  dynset: (parts) =>
    `dynset ${['add', 'update'][number(parts, 3)]} reg_key ${number(parts, 4)} set ${text(parts, 1)} ` +
    `timeout ${number(parts, 6)}ms`,
  lookup: (parts) =>
    `lookup reg ${number(parts, 2)} set ${text(parts, 1)}` +
    (parts.has(3) ? ` dreg ${number(parts, 3)}` : '') +
    (parts.has(5) ? ` 0x${number(parts, 5)}` : ''),
  immediate: (parts) => {
    const verdict = nestAt(nestAt(parts, 2), 2);
    if (verdict.size === 0) return `immediate reg ${number(parts, 1)} ${value(parts, 2)}`;
    const chain = verdict.has(2) ? ` -> ${text(verdict, 2)}` : '';
    return `immediate reg ${number(parts, 1)} ${VERDICTS.get(number(verdict, 1))}${chain}`;
  },
  reject: (parts) => `reject type ${number(parts, 1)} code ${number(parts, 2)}`,
  masq: (parts) =>
    `masq proto_min reg ${number(parts, 2)} proto_max reg ${number(parts, 3)} flags 0x${number(parts, 1).toString(16)}`,
  nat: (parts) => `nat dnat ${number(parts, 2) === 2 ? 'ip' : 'ip6'} addr_min reg ${number(parts, 3)}`,
};
