import { type Address, addressBytes, familyOf } from '../../model/address.js';
import type { Frontend } from '../../model/frontend.js';
import { PROTOCOL_NUMBERS } from '../native/records.js';
import { hostOrder32 } from '../nf-tables/attributes.js';
import type { Attributes, SeenExpression, SeenRule } from '../nf-tables/ruleset-decoder.js';

/** The first packet of a connection to a frontend, as far as it is known. */
export interface Packet {
  readonly nfproto: number;
  readonly network: readonly (number | undefined)[];
  readonly transport: readonly (number | undefined)[];
  readonly protocol: number;
  /** Its destination is an address of this node. */
  readonly isLocal: boolean;
  /** Whether it comes in by the loopback device; undefined: nobody knows. */
  readonly isLoopback: boolean | undefined;
  /** Connection tracking has seen it. */
  readonly isTracked: boolean;
}

/** unknown: it depends on what is not known of the packet, or on what cannot be read. */
type Match = 'yes' | 'no' | 'unknown';

export type Verdict =
  | { readonly kind: 'accept' | 'return' | 'drops' | 'rejects' | 'rewrites' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

interface RuleResult {
  readonly match: Match;
  readonly verdict: Verdict | undefined;
  /**
   * It asks for the destination address or port: it is about such packets, and not about others that may be among them.
   */
  readonly isAboutTarget: boolean;
}

const IPV4 = { nfproto: 2, length: 20, protocol: 9, source: 12, destination: 16 } as const;
const IPV6 = { nfproto: 10, length: 40, protocol: 6, source: 8, destination: 24 } as const;

export function packetTo(
  { address, port, protocol }: Frontend,
  {
    source,
    ...known
  }: { source: Address | undefined } & Pick<Packet, 'isLocal' | 'isLoopback' | 'isTracked'>,
): Packet {
  const layout = familyOf(address) === 'IPv4' ? IPV4 : IPV6;
  const network: (number | undefined)[] = new Array(layout.length).fill(undefined);
  network[layout.protocol] = PROTOCOL_NUMBERS[protocol];
  put(network, layout.destination, addressBytes(address));
  if (source !== undefined) put(network, layout.source, addressBytes(source));
  return {
    nfproto: layout.nfproto,
    network,
    transport: [undefined, undefined, port >> 8, port & 0xff],
    protocol: PROTOCOL_NUMBERS[protocol],
    ...known,
  };
}

function put(target: (number | undefined)[], offset: number, bytes: Uint8Array): void {
  bytes.forEach((byte, index) => {
    target[offset + index] = byte;
  });
}

/** What one rule does to the packet: goes through its expressions as the kernel does. */
export function judgeRule({ expressions }: SeenRule, packet: Packet): RuleResult {
  const registers: Registers = new Map();
  let match: Match = 'yes';
  let isAboutTarget = false;
  for (const expression of expressions) {
    const verdict = verdictOf(expression);
    if (verdict !== undefined) return { match, verdict, isAboutTarget };
    isAboutTarget ||= asksForTarget(expression, registers);
    const found = take(expression, packet, registers);
    if (found === 'no') return { match: 'no', verdict: undefined, isAboutTarget };
    if (found === 'unknown') match = 'unknown';
  }
  return { match, verdict: undefined, isAboutTarget };
}

function asksForTarget({ name, attributes }: SeenExpression, registers: Registers): boolean {
  if (name === 'match') return attributes.text(1) === 'tcp' || attributes.text(1) === 'udp';
  const isQuestion = name === 'cmp' || name === 'range' || name === 'lookup';
  // Of a lookup the register is the second attribute, of the others the first.
  return isQuestion && registers.get(attributes.number(name === 'lookup' ? 2 : 1) ?? -1)?.isTarget === true;
}

const VERDICTS: Readonly<Record<number, Verdict['kind']>> = {
  0: 'drops',
  1: 'accept',
  [-5 >>> 0]: 'return',
  [-3 >>> 0]: 'jump',
  [-4 >>> 0]: 'goto',
};

/** Extensions of iptables that end a packet's way or change its destination. */
const TARGETS: Readonly<Record<string, Verdict['kind']>> = {
  DNAT: 'rewrites',
  REDIRECT: 'rewrites',
  NETMAP: 'rewrites',
  TPROXY: 'rewrites',
  REJECT: 'rejects',
};

const DNAT = 1;

function verdictOf({ name, attributes }: SeenExpression): Verdict | undefined {
  if (name === 'immediate') {
    const verdict = attributes.nest(2)?.nest(2);
    const code = verdict?.number(1);
    const kind = code === undefined ? undefined : VERDICTS[code];
    if (kind === 'jump' || kind === 'goto') return { kind, chain: verdict?.text(2) ?? '' };
    return kind && { kind };
  }
  if (name === 'reject') return { kind: 'rejects' };
  if (name === 'redir' || name === 'tproxy') return { kind: 'rewrites' };
  if (name === 'nat' && attributes.number(1) === DNAT) return { kind: 'rewrites' };
  const kind = name === 'target' ? TARGETS[attributes.text(1)] : undefined;
  return kind && ({ kind } as Verdict);
}

/** Expressions that neither match nor end anything. */
const PASSING = new Set([
  'counter',
  'log',
  'notrack',
  'objref',
  'dynset',
  'target',
  'masq',
  'nat',
  'last',
  'dup',
]);

type Registers = Map<number, Loaded>;

/** What a register holds. */
interface Loaded {
  /** Undefined: it is not known. */
  readonly value: Uint8Array | undefined;
  /** It is of the destination address or port. */
  readonly isTarget: boolean;
}

function take({ name, attributes }: SeenExpression, packet: Packet, registers: Registers): Match {
  switch (name) {
    case 'payload':
      return load(registers, attributes, payloadOf(attributes, packet), 1, isOfTarget(attributes, packet));
    case 'meta':
      return load(registers, attributes, metaOf(attributes.number(2), packet), 1);
    case 'ct':
      return load(registers, attributes, stateOf(attributes, packet), 1);
    case 'fib':
      return load(registers, attributes, fibOf(attributes, packet), 1);
    case 'immediate':
      return load(registers, attributes, attributes.nest(2)?.bytes(1), 1);
    case 'bitwise':
      return load(
        registers,
        attributes,
        bitwiseOf(attributes, registers),
        2,
        sourceOf(attributes, registers)?.isTarget,
      );
    case 'cmp':
      return compare(attributes, registers, packet);
    case 'match':
      return extensionMatch(attributes, packet);
    default:
      return PASSING.has(name) ? 'yes' : 'unknown';
  }
}

/** NF_CT_STATE_BIT(IP_CT_NEW) */
const NEW = 8;
const STATE_KEY = 0;

function stateOf(attributes: Attributes, { isTracked }: Packet): Uint8Array | undefined {
  return isTracked && attributes.number(2) === STATE_KEY ? hostOrder32(NEW) : undefined;
}

function load(
  registers: Registers,
  attributes: Attributes,
  value: Uint8Array | undefined,
  at: number,
  isTarget = false,
): Match {
  const register = attributes.number(at);
  if (register !== undefined) registers.set(register, { value, isTarget });
  return 'yes';
}

function isOfTarget(attributes: Attributes, { nfproto }: Packet): boolean {
  const [base, offset] = [attributes.number(2), attributes.number(3)];
  const { destination } = nfproto === IPV4.nfproto ? IPV4 : IPV6;
  return (base === 1 && offset === destination) || (base === 2 && offset === 2);
}

function sourceOf(attributes: Attributes, registers: Registers): Loaded | undefined {
  return registers.get(attributes.number(1) ?? -1);
}

function payloadOf(attributes: Attributes, { network, transport }: Packet): Uint8Array | undefined {
  const [base, offset = 0, length = 0] = [attributes.number(2), attributes.number(3), attributes.number(4)];
  const header = base === 1 ? network : base === 2 ? transport : [];
  const bytes = header.slice(offset, offset + length);
  return bytes.length === length && !bytes.includes(undefined)
    ? Uint8Array.from(bytes as number[])
    : undefined;
}

const META = { nfproto: 15, protocol: 16, input: 6 } as const;
const NAME_LENGTH = 16;

function metaOf(key: number | undefined, { nfproto, protocol, isLoopback }: Packet): Uint8Array | undefined {
  if (key === META.nfproto) return Uint8Array.of(nfproto);
  if (key === META.protocol) return Uint8Array.of(protocol);
  // Only whether it is the loopback device is known: no device has the empty name, so that it equals no other.
  if (key === META.input && isLoopback === true) return deviceName('lo');
  return key === META.input && isLoopback === false ? deviceName('') : undefined;
}

function deviceName(name: string): Uint8Array {
  const bytes = new Uint8Array(NAME_LENGTH);
  bytes.set(Buffer.from(name));
  return bytes;
}

const FIB = { result: 2, flags: 3, addressType: 3, ofDestination: 2, local: 2 } as const;

function fibOf(attributes: Attributes, { isLocal }: Packet): Uint8Array | undefined {
  const isType = attributes.number(FIB.result) === FIB.addressType;
  const isPlain = attributes.number(FIB.flags) === FIB.ofDestination;
  return isLocal && isType && isPlain ? hostOrder32(FIB.local) : undefined;
}

function bitwiseOf(attributes: Attributes, registers: Registers): Uint8Array | undefined {
  const value = sourceOf(attributes, registers)?.value;
  const [mask, flipped] = [attributes.nest(4)?.bytes(1), attributes.nest(5)?.bytes(1)];
  if (value === undefined || mask === undefined) return undefined;
  return value.map((byte, index) => (byte & (mask[index] ?? 0)) ^ (flipped?.[index] ?? 0));
}

const COMPARISONS: readonly ((order: number) => boolean)[] = [
  (order) => order === 0,
  (order) => order !== 0,
  (order) => order < 0,
  (order) => order <= 0,
  (order) => order > 0,
  (order) => order >= 0,
];

function compare(attributes: Attributes, registers: Registers, { isLoopback }: Packet): Match {
  const value = sourceOf(attributes, registers)?.value;
  const wanted = attributes.nest(3)?.bytes(1);
  const comparison = COMPARISONS[attributes.number(2) ?? -1];
  if (value === undefined || wanted === undefined || comparison === undefined) return 'unknown';
  // Which device it is that is not the loopback device, nobody knows.
  if (value.length === NAME_LENGTH && isLoopback === false && value[0] === 0 && !isLoopbackName(wanted))
    return 'unknown';
  return comparison(Buffer.compare(value.subarray(0, wanted.length), wanted)) ? 'yes' : 'no';
}

function isLoopbackName(name: Uint8Array): boolean {
  return Buffer.from(name).toString().replace(/\0+$/, '') === 'lo';
}

/** Of iptables' own matches those that tell ports; a comment matches everything. */
function extensionMatch(attributes: Attributes, { transport }: Packet): Match {
  const name = attributes.text(1);
  if (name === 'comment') return 'yes';
  const info = attributes.bytes(3);
  if ((name !== 'tcp' && name !== 'udp') || info === undefined || info.length < 10) return 'unknown';
  const view = new DataView(info.buffer, info.byteOffset, info.length);
  const port = ((transport[2] ?? 0) << 8) | (transport[3] ?? 0);
  const little = hostOrder32(1)[0] === 1;
  const [sourceFirst, sourceLast] = [view.getUint16(0, little), view.getUint16(2, little)];
  const [first, last] = [view.getUint16(4, little), view.getUint16(6, little)];
  // xt_tcp has three bytes for an option and flags before the bits that invert; xt_udp has none.
  const rest = info.subarray(8);
  const inverted = (name === 'tcp' ? rest[3] : rest[0]) ?? 0;
  const hasMore = name === 'tcp' && ((rest[0] ?? 0) !== 0 || (rest[1] ?? 0) !== 0);
  const isInRange = (port >= first && port <= last) !== ((inverted & 2) !== 0);
  if (!isInRange) return 'no';
  return hasMore || sourceFirst !== 0 || sourceLast !== 65_535 ? 'unknown' : 'yes';
}
