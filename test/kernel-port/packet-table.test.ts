import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeTransaction } from '../../src/kernel/nf-tables/transaction.js';
import { masqueradeNowRules } from '../../src/kernel/packet-table/packet-rules/masquerade-rules.js';
import {
  type PacketRulesSettings,
  PLAIN_RULES as PLAIN,
  rulesAndFallbacks,
} from '../../src/kernel/packet-table/packet-rules-settings.js';
import { layoutDigest, tableTransaction } from '../../src/kernel/packet-table/packet-table.js';
import { type ExplainedRule, explainRules } from '../support/nft-debug-lines.js';

const ADDRESSES = { kind: 'addresses', cidrs: ['10.244.0.0/16', 'fd00:244::/48'] } as const;

/** One of each kind that the rules depend on. */
const KINDS: readonly Partial<PacketRulesSettings>[] = [
  {},
  { masqueradeAll: true },
  { insideClients: ADDRESSES },
  { insideClients: { kind: 'pods-of-this-node', cidrs: ADDRESSES.cidrs } },
  { insideClients: { kind: 'interfaces', name: 'cni0' } },
  { insideClients: { kind: 'interfaces', name: 'veth*' } },
  { serviceCIDRs: ['10.96.0.0/12', 'fd00:96::/112'] },
  { nodePortRange: [20_000, 21_000] },
  { strictArp: true },
  { strictArp: true, withoutArp: true },
  { vipBinding: 'routes' },
  { withoutSockets: true },
  { masqueradeAll: true, insideClients: ADDRESSES, vipBinding: 'routes', strictArp: true },
];

/** By settings: making a table and reading it back is what these tests take their time for. */
const explained = new Map<string, readonly ExplainedRule[]>();

function rulesWith(settings: Partial<PacketRulesSettings>): readonly ExplainedRule[] {
  const key = JSON.stringify(settings);
  const rules = explained.get(key) ?? explainRules(tableTransaction({ ...PLAIN, ...settings }));
  explained.set(key, rules);
  return rules;
}

const chain = (name: string, settings: Partial<PacketRulesSettings> = {}) =>
  rulesWith(settings).flatMap((rule) => (rule.chain === name ? rule.lines : []));

const hookOf = (name: string) =>
  tableTransaction(PLAIN).flatMap((command) =>
    command.kind === 'add-chain' && command.chain.name === name ? [command.chain.hook] : [],
  );

describe('the rules of the packet table', () => {
  it('have a digest that changes with what they depend on', () => {
    const digests = KINDS.map((kind) => layoutDigest({ ...PLAIN, ...kind }));
    expect(new Set(digests).size).toBe(KINDS.length);
    expect(layoutDigest({ ...PLAIN })).toBe(digests[0]);
  });

  it('have the same digest where a default is said and where it is not', () => {
    const said = {
      ...PLAIN,
      nodePortRange: [30_000, 32_767],
      strictArp: false,
      vipBinding: 'addresses',
    } as const;
    expect(layoutDigest(said)).toBe(layoutDigest(PLAIN));
  });

  // Where this changes, raise RULES_VERSION in packet-table.ts, or nodes keep what an earlier version wrote.
  it('are those of this version of the rules, by the bytes of each kind of settings', () => {
    const hash = createHash('sha256');
    for (const kind of KINDS) {
      // The last command says the digest.
      const rules = tableTransaction({ ...PLAIN, ...kind }).slice(0, -1);
      hash.update(encodeTransaction(rules).bytes);
    }
    expect([layoutDigest(PLAIN), hash.digest('hex').slice(0, 16)]).toMatchInlineSnapshot(`
      [
        "2aff1a158968efed",
        "d1a194abfcd6918d",
      ]
    `);
  });

  it('leave the sets as they are but for the constant ones: a new version keeps the ledger', () => {
    const commands = tableTransaction(PLAIN);
    const flushed = commands.flatMap((command) => (command.kind === 'flush-set' ? [command.set] : []));
    expect(flushed).toEqual(['layout', 'equal-bytes']);
    expect(commands.filter(({ kind }) => kind.startsWith('delete-'))).toEqual([]);
  });

  it('masquerade clients of the node itself at VIPs that are routes: IPv6 and SCTP give them another source', () => {
    const byOrigin = (name: string, settings?: Partial<PacketRulesSettings>) =>
      chain(name, settings).filter((line) => line.includes('iifname')).length;
    for (const name of ['masquerade-4', 'keep-source-4', 'masquerade-6', 'keep-source-6']) {
      expect(chain(name, { vipBinding: 'addresses' })).toEqual(chain(name));
      expect([byOrigin(name), byOrigin(name, { vipBinding: 'routes' })]).toEqual([0, 1]);
    }
    expect(chain('masquerade-4', { vipBinding: 'routes' })).toContain('[ cmp eq reg 1 0x00000084 ]');
  });

  it('masquerade clients outside the cluster only where the cluster is known', () => {
    const outside = '[ cmp neq reg 1 0x0000f40a ]';
    expect(chain('masquerade-4')).not.toContain(outside);
    expect(chain('masquerade-4', { insideClients: ADDRESSES })).toContain(outside);
    expect(chain('masquerade-6', { insideClients: ADDRESSES })).toContain(
      '[ cmp neq reg 1 0x440200fd 0x00000000 ]',
    );
  });

  it('give the pods of this node the view of clients inside, and masquerade nobody for not being one of them', () => {
    const insideClients = { ...ADDRESSES, kind: 'pods-of-this-node' } as const;
    expect(chain('input', { insideClients })).toEqual(chain('input', { insideClients: ADDRESSES }));
    expect(chain('masquerade-4', { insideClients })).toEqual(chain('masquerade-4'));
    expect(chain('keep-source-4', { insideClients })).toEqual(chain('keep-source-4'));
  });

  it('tell pods from others by the interface where addresses do not', () => {
    const insideClients = { kind: 'interfaces', name: 'veth*' } as const;
    expect(chain('input', { insideClients })).toContain('[ cmp eq reg 1 0x68746576 ]');
    expect(chain('masquerade-4', { insideClients })).toContain('[ cmp neq reg 1 0x68746576 ]');
  });

  it('drop what goes to a Service address that no Service has', () => {
    expect(chain('forward', { serviceCIDRs: ['10.96.0.0/12'] })).toEqual([
      '[ meta load nfproto => reg 1 ]',
      '[ cmp eq reg 1 0x00000002 ]',
      '[ payload load 4b @ network header + 16 => reg 1 ]',
      '[ bitwise reg 1 = ( reg 1 & 0x0000f0ff ) ^ 0x00000000 ]',
      '[ cmp eq reg 1 0x0000600a ]',
      '[ payload load 4b @ network header + 16 => reg 1 ]',
      '[ lookup reg 1 set guarded-4 0x1 ]',
      '[ immediate reg 0 drop ]',
    ]);
  });

  it('look for unassigned addresses only after others may have rewritten the destination', () => {
    const serviceCIDRs = ['10.96.0.0/12'];
    expect(hookOf('output-stray')).toEqual([{ type: 'filter', hook: 'output', priority: -10 }]);
    expect(chain('output-stray', { serviceCIDRs })).toEqual(chain('forward', { serviceCIDRs }));
    expect(chain('output', { serviceCIDRs })).toEqual(chain('output'));
  });

  it('settle where a VIP\u2019s packets go before a hostPort can', () => {
    expect(hookOf('prerouting-nat')).toEqual([{ type: 'nat', hook: 'prerouting', priority: -110 }]);
    expect(chain('prerouting-nat')).toContain('[ nat dnat ip6 addr_min reg 1 ]');
  });

  it('take our mark off before any other rule sees what IPVS sends, and put back what was there before', () => {
    expect(hookOf('output-unmark')).toEqual([{ type: 'filter', hook: 'output', priority: -310 }]);
    expect(chain('output-unmark').slice(0, 2)).toEqual([
      '[ meta load mark => reg 1 ]',
      '[ cmp eq reg 1 0x00000000 ]',
    ]);
    expect(chain('output-unmark')).toContain('[ lookup reg 1 set source-kept-tcp-4 ]');
    expect(chain('output-unmark').slice(-4)).toEqual([
      '[ meta load priority => reg 1 ]',
      '[ meta set mark with reg 1 ]',
      '[ immediate reg 1 0x00000000 ]',
      '[ meta set priority with reg 1 ]',
    ]);
  });

  it('ask for no socket where the kernel cannot, and drop no answer of a pod then', () => {
    const asks = rulesAndFallbacks(PLAIN).map((rules) =>
      explainRules(tableTransaction(rules)).some(({ lines }) => lines.join().includes('socket load')),
    );
    expect(asks).toEqual([true, false]);
    expect(chain('out-of-window-input', { withoutSockets: true })).toEqual([
      '[ immediate reg 0 jump -> out-of-window ]',
    ]);
    expect(chain('unless-expected', { withoutSockets: true })).toEqual([]);
  });

  it('masquerade everything when asked to', () => {
    expect(chain('masquerade-4', { masqueradeAll: true })).toEqual([
      '[ immediate reg 0 goto -> masquerade-now ]',
    ]);
  });

  it('never take a source port of the NodePort range', () => {
    const ports = (nodePortRange: readonly [number, number]) =>
      masqueradeNowRules({ ...PLAIN, nodePortRange }).map((rule) =>
        rule.flatMap((part) => (part.kind === 'masquerade' ? [part.ports] : [])).flat(),
      );
    expect(ports([30_000, 32_767])).toEqual([
      [600, 1023],
      [1024, 29_999],
      [32_768, 65_535],
    ]);
    expect(ports([25_000, 27_000])).toEqual([
      [600, 1023],
      [1024, 24_999],
      [27_001, 65_535],
    ]);
    // The smaller range would be full while the larger one, which gets as many connections, is half empty.
    expect(ports([20_000, 22_000])).toEqual([
      [600, 1023],
      [22_001, 65_535],
    ]);
    expect(ports([60_000, 65_000])).toEqual([
      [600, 1023],
      [1024, 59_999],
    ]);
    expect(ports([80, 32_767])).toEqual([[32_768, 65_535]]);
  });

  // One byte has no byte order, and newer kernels refuse to convert it (nft_byteorder_init: EOPNOTSUPP).
  it('never convert the byte order of a field', () => {
    expect(chain('restrict').filter((line) => line.includes('sources-'))).toHaveLength(2);
    expect(chain('restrict').join()).not.toContain('byteorder');
  });
});
