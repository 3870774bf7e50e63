import { describe, expect, it } from 'vitest';
import {
  attribute,
  bytesOf,
  data,
  type Encoded,
  encoded,
  hostOrder32,
  joined,
  nested,
  number32,
  number64,
  text,
} from '../../src/kernel/nf-tables/attributes.js';
import { decodeRuleset } from '../../src/kernel/nf-tables/ruleset-decoder.js';
import { foreignRules } from '../../src/kernel/service-look/foreign-rules.js';
import { addressBytes } from '../../src/model/address.js';
import { frontend } from '../../src/model/frontend.js';
import { address, VIP_A, VIP_B } from '../support/addresses.js';

const TARGET = { frontend: frontend(VIP_A, 80, 'TCP'), isLocal: true, isGuarded: true };

/** Expressions as nft makes them, into register 1. */
const expression = (name: string, ...attributes: Encoded[]): Encoded =>
  nested(1, text(1, name), nested(2, ...attributes));
const load = (name: string, ...attributes: Encoded[]) => expression(name, number32(1, 1), ...attributes);
const header = (base: number, offset: number, length: number): Encoded =>
  load('payload', number32(2, base), number32(3, offset), number32(4, length));
const equal = (value: Uint8Array, operation = 0): Encoded =>
  expression('cmp', number32(1, 1), number32(2, operation), nested(3, data(value)));
const verdict = (code: number, chain?: string): Encoded =>
  expression(
    'immediate',
    number32(1, 0),
    nested(2, nested(2, number32(1, code >>> 0), ...(chain === undefined ? [] : [text(2, chain)]))),
  );

const DROP = [verdict(0)];
const ACCEPT = [verdict(1)];
const RETURN = [verdict(-5)];
const goes = (to: typeof VIP_A) => [header(1, 16, 4), equal(addressBytes(to))];
const comes = (from: typeof VIP_A) => [header(1, 12, 4), equal(addressBytes(from))];
const port = (number: number) => [header(2, 2, 2), equal(Uint8Array.of(number >> 8, number & 0xff))];
const isUnlikely = [
  load('meta', number32(2, 3)),
  expression('lookup', text(1, 'some-marks'), number32(2, 1)),
];
const isInSet = [header(1, 16, 4), expression('lookup', text(1, 'some-addresses'), number32(2, 1))];
const isEstablished = [
  load('ct', number32(2, 0)),
  expression(
    'bitwise',
    number32(1, 1),
    number32(2, 1),
    nested(4, data(hostOrder32(6))),
    nested(5, data(hostOrder32(0))),
  ),
  equal(hostOrder32(0), 1),
];
const isFromLoopback = [
  load('meta', number32(2, 6)),
  equal(Uint8Array.from(Buffer.from('lo'.padEnd(16, '\0')))),
];
const isToLocal = [load('fib', number32(2, 3), number32(3, 2)), equal(hostOrder32(2))];
const dnat = [expression('nat', number32(1, 1), number32(2, 2))];

interface ChainText {
  readonly name?: string;
  readonly table?: string;
  readonly hook?: number | undefined;
  readonly priority?: number;
  readonly policy?: number;
  readonly rules?: readonly (readonly Encoded[])[];
}

/** As the addon answers: chains first, then rules. */
function ruleset(...chains: readonly ChainText[]): ArrayBuffer {
  const frames = [encoded(new Uint8Array(16))];
  for (const { name = 'input', table = 'firewall', priority = 0, policy = 1, ...chain } of chains) {
    const hook = 'hook' in chain ? chain.hook : 1;
    const hooked =
      hook === undefined ? [] : [nested(4, number32(1, hook), number32(2, priority)), number32(5, policy)];
    frames.push(frame(3, joined([text(1, table), text(3, name), ...hooked])));
  }
  for (const { name = 'input', table = 'firewall', rules = [] } of chains)
    rules.forEach((rule, index) => {
      frames.push(
        frame(6, joined([text(1, table), text(2, name), number64(3, BigInt(index + 1)), nested(4, ...rule)])),
      );
    });
  return Uint8Array.from(bytesOf(joined(frames))).buffer;
}

function frame(command: number, body: Encoded): Encoded {
  return joined([encoded(hostOrder32(body.length)), encoded(Uint8Array.of(command, 2, 0, 0)), body]);
}

/** `drops by rule 1 of input, for certain`. */
function found(chains: ArrayBuffer, target = TARGET, client?: typeof VIP_A): string[] {
  return foreignRules(decodeRuleset(chains), target, client).map(
    ({ effect, handle, chain, isCertain, hook }) =>
      `${hook}: ${effect} by ${handle ?? 'policy'} of ${chain}, ${isCertain ? 'for certain' : 'perhaps'}`,
  );
}

describe('rules of other programs that packets to a frontend meet', () => {
  it.each<[string, ChainText, string[]]>([
    ['a drop', { rules: [DROP] }, ['input: drops by 1 of input, for certain']],
    [
      'a drop of its address and port',
      { rules: [[...goes(VIP_A), ...port(80), ...DROP]] },
      ['input: drops by 1 of input, for certain'],
    ],
    ['a drop of another address', { rules: [[...goes(VIP_B), ...DROP]] }, []],
    ['a drop of another port', { rules: [[...port(81), ...DROP]] }, []],
    ['a drop of an unknown client, whatever it asks for', { rules: [[...comes(VIP_B), ...DROP]] }, []],
    [
      'a drop of an unknown client at its port',
      { rules: [[...comes(VIP_B), ...port(80), ...DROP]] },
      ['input: drops by 1 of input, perhaps'],
    ],
    ['a drop of an unknown mark, as the kubelet has it', { rules: [[...isUnlikely, ...DROP]] }, []],
    [
      'a drop of addresses in a set',
      { rules: [[...isInSet, ...DROP]] },
      ['input: drops by 1 of input, perhaps'],
    ],
    ['a policy', { policy: 0 }, ['input: drops by policy of input, for certain']],
    [
      'a policy behind what does not concern new packets',
      {
        policy: 0,
        rules: [
          [...isFromLoopback, ...ACCEPT],
          [...isEstablished, ...ACCEPT],
        ],
      },
      ['input: drops by policy of input, for certain'],
    ],
    ['a policy behind an acceptance', { policy: 0, rules: [[...goes(VIP_A), ...ACCEPT]] }, []],
    [
      'a policy behind what may be an acceptance',
      { policy: 0, rules: [[...isUnlikely, ...ACCEPT]] },
      ['input: drops by policy of input, perhaps'],
    ],
    [
      'a drop behind what may be a return',
      { rules: [[...isUnlikely, ...RETURN], DROP] },
      ['input: drops by 2 of input, perhaps'],
    ],
    [
      'a rejection behind what may be a drop',
      { rules: [[...comes(VIP_B), ...goes(VIP_A), ...DROP], [expression('reject')]] },
      ['input: drops by 1 of input, perhaps', 'input: rejects by 2 of input, for certain'],
    ],
    ['chains behind IPVS', { priority: 100, rules: [DROP] }, []],
    ['chains of forwarding', { hook: 2, rules: [DROP] }, []],
    ['our own table', { table: 'kube-ipvs-proxy', rules: [DROP] }, []],
    [
      'an expression that nobody knows',
      { rules: [[expression('surprise'), ...port(80), ...DROP]] },
      ['input: drops by 1 of input, perhaps'],
    ],
    [
      'iptables\u2019 match of a port, and a comment',
      {
        rules: [
          [
            expression('match', text(1, 'comment')),
            expression('match', text(1, 'tcp'), attribute(3, encoded(tcpMatch(80)))),
            ...DROP,
          ],
        ],
      },
      ['input: drops by 1 of input, for certain'],
    ],
    [
      'iptables\u2019 match of another port',
      { rules: [[expression('match', text(1, 'tcp'), attribute(3, encoded(tcpMatch(81)))), ...DROP]] },
      [],
    ],
  ])('%s', (_, chain, expected) => {
    expect(found(ruleset(chain))).toEqual(expected);
  });

  it('are known to concern a client that is known', () => {
    const chains = ruleset({ rules: [[...comes(VIP_B), ...DROP]] });
    expect(found(chains, TARGET, VIP_B)).toEqual(['input: drops by 1 of input, for certain']);
    expect(found(chains, TARGET, address('10.244.0.9'))).toEqual([]);
  });

  it('are followed into other chains and back', () => {
    const jump = [verdict(-3, 'more')];
    const more = (rules: Encoded[][]): ChainText => ({ name: 'more', hook: undefined, rules });
    expect(found(ruleset({ policy: 0, rules: [jump] }, more([[...goes(VIP_A), ...ACCEPT]])))).toEqual([]);
    expect(found(ruleset({ policy: 0, rules: [jump] }, more([[...goes(VIP_B), ...ACCEPT]])))).toEqual([
      'input: drops by policy of input, for certain',
    ]);
    expect(found(ruleset({ policy: 0, rules: [jump] }, more([[...isUnlikely, ...ACCEPT]])))).toEqual([
      'input: drops by policy of input, perhaps',
    ]);
    expect(found(ruleset({ rules: [[...isUnlikely, ...jump]] }, more([DROP])))).toEqual([
      'input: drops by 1 of more, perhaps',
    ]);
    expect(found(ruleset({ rules: [jump] }, more([jump])))).toEqual([]);
  });

  it('rewrite nothing of a guarded VIP behind our own rule, and what is not guarded', () => {
    const hostPort: ChainText = {
      name: 'dstnat',
      hook: 0,
      priority: -100,
      rules: [[...isToLocal, ...port(80), ...dnat]],
    };
    expect(found(ruleset(hostPort))).toEqual([]);
    expect(found(ruleset({ ...hostPort, priority: -150 }))).toEqual([
      'prerouting: rewrites by 1 of dstnat, for certain',
    ]);
    expect(found(ruleset(hostPort), { ...TARGET, isGuarded: false })).toEqual([
      'prerouting: rewrites by 1 of dstnat, for certain',
    ]);
    expect(found(ruleset(hostPort), { ...TARGET, isGuarded: false, isLocal: false })).toEqual([
      'prerouting: rewrites by 1 of dstnat, perhaps',
    ]);
  });

  it('know nothing of connections before connection tracking', () => {
    expect(
      found(ruleset({ name: 'raw', hook: 0, priority: -300, rules: [[...isEstablished, ...ACCEPT], DROP] })),
    ).toEqual(['prerouting: drops by 2 of raw, perhaps']);
  });
});

/** struct xt_tcp */
function tcpMatch(destination: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new Uint16Array(bytes.buffer).set([0, 65_535, destination, destination]);
  return bytes;
}
