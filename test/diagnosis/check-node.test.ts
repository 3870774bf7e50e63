import { describe, expect, it } from 'vitest';
import type { NodeEvidence } from '../../src/diagnosis/check-line.js';
import { checkNode } from '../../src/diagnosis/check-node.js';
import { frontend } from '../../src/model/frontend.js';
import type { RuleFact } from '../../src/model/kernel-facts.js';
import type { NodeCondition } from '../../src/model/node-condition.js';
import { VIP_A } from '../support/addresses.js';
import { API_SERVER, condition, nodeEvidence, sysctl, UNINSTALLED } from './node-facts.js';

const FRONT = frontend(VIP_A, 80, 'TCP').key;
const NO_RULES = { tables: [], frontends: 0, found: [], families: [] };

function rule(over: Partial<RuleFact> = {}): RuleFact {
  const place = { frontend: FRONT, family: 'inet', table: 'firewalld', chain: 'filter_INPUT', handle: 7 };
  return { ...place, hook: 'input', effect: 'drops', isCertain: true, ...over };
}

const withRules = (...found: RuleFact[]) => ({ rules: { ...condition().rules, found } });

/** What is said of one thing. */
function lineOf(name: string, evidence: NodeEvidence) {
  const line = checkNode(evidence).checks.find((check) => check.name === name);
  if (line === undefined) throw new Error(`no check ${name}`);
  return line;
}

type Row = readonly [what: string, name: string, node: Partial<NodeCondition>, verdict: string, code: string];

describe('the check of a node', () => {
  it('finds nothing on a node where all is well, and says how much it looked at', () => {
    const { verdict, sentence, checks } = checkNode(nodeEvidence());
    expect(checks.filter((check) => check.verdict !== 'fine')).toEqual([]);
    expect({ verdict, sentence }).toEqual({
      verdict: 'passes',
      sentence: 'This node is fit for Services: 13 of 13 checks are fine.',
    });
  });

  it.each<Row>([
    [
      'a module that the kernel does not have',
      'modules',
      { modules: [{ name: 'nft_masq', state: 'missing' }] },
      'problem',
      'KIP701',
    ],
    [
      'modules that cannot be seen',
      'modules',
      { modules: [{ name: 'ip_vs', state: 'unknown' }] },
      'unknown',
      'KIP709',
    ],
    [
      'no scheduler rr',
      'schedulers',
      { schedulers: [{ name: 'rr', state: 'missing' }] },
      'problem',
      'KIP702',
    ],
    [
      'schedulers that cannot be seen',
      'schedulers',
      { schedulers: [{ name: 'rr', state: 'unknown' }] },
      'unknown',
      'KIP709',
    ],
    ['no CAP_NET_ADMIN', 'capabilities', { hasNetAdmin: false }, 'problem', 'KIP703'],
    [
      'a sysctl that is off',
      'sysctls',
      { sysctls: [sysctl('net.ipv4.ip_forward', '0')] },
      'problem',
      'KIP307',
    ],
    [
      'a sysctl that is not there with IPVS',
      'sysctls',
      { sysctls: [sysctl('net.ipv4.vs.conntrack', undefined)] },
      'unknown',
      'KIP709',
    ],
    [
      'nine connections for each bucket',
      'IPVS table',
      { connectionTable: { size: 4096, grows: false, connections: 36_865 } },
      'remark',
      'KIP704',
    ],
    [
      "another program's rule that drops",
      'other rules',
      withRules(rule({ isCertain: false }), rule({ handle: 9 })),
      'problem',
      'KIP401',
    ],
    ['one that may drop', 'other rules', withRules(rule({ isCertain: false })), 'remark', 'KIP401'],
    ['one that rewrites', 'other rules', withRules(rule({ effect: 'rewrites' })), 'problem', 'KIP402'],
    ['tables of legacy iptables', 'legacy iptables', { legacyTables: ['ip filter'] }, 'remark', 'KIP705'],
    ['a full conntrack', 'conntrack', { conntrack: { entries: 100, most: 100 } }, 'problem', 'KIP404'],
    ['a nearly full conntrack', 'conntrack', { conntrack: { entries: 90, most: 100 } }, 'remark', 'KIP706'],
    [
      'bridges past netfilter',
      'bridges',
      { bridges: [{ name: 'cni0', cause: 'net.bridge.bridge-nf-call-iptables is 0' }] },
      'remark',
      'KIP403',
    ],
    ['a tunnel that takes more than the uplink', 'MTU', tunnelOf(1500, 1500), 'remark', 'KIP707'],
    ['pods that send more than the tunnel takes', 'MTU', tunnelOf(1450, 1500), 'remark', 'KIP707'],
  ])('says of %s what it is and what would mend it', (_, name, node, verdict, code) => {
    const line = lineOf(name, nodeEvidence(node));
    expect(line).toMatchObject({ verdict, code });
    expect(line.hint).toMatch(/\.$/);
    expect(line.link).toContain(`docs/troubleshooting.md#${code.toLowerCase()}-`);
  });

  it.each<readonly [what: string, name: string, node: Partial<NodeCondition>]>([
    [
      'a table that grows',
      'IPVS table',
      { connectionTable: { size: 256, grows: true, connections: 90_000 } },
    ],
    ['conntrack without a limit', 'conntrack', { conntrack: { entries: 100, most: 0 } }],
    ['IPv6 that is not forwarded where no Service has it', 'sysctls', {}],
    ['IPVS that is not loaded', 'IPVS table', { connectionTable: undefined }],
  ])('has nothing against %s', (_, name, node) => {
    expect(lineOf(name, nodeEvidence(node)).verdict).toBe('fine');
  });

  it('misses IPv6 forwarding where Services have IPv6', () => {
    const rules = { ...condition().rules, families: ['IPv4', 'IPv6'] as const };
    expect(lineOf('sysctls', nodeEvidence({ rules }))).toMatchObject({ verdict: 'problem', code: 'KIP307' });
  });

  it('does not miss before the agent what the agent sets up', () => {
    const node = { rules: NO_RULES, sysctls: [sysctl('net.ipv4.ip_forward', '0')] };
    const { verdict, checks } = checkNode(nodeEvidence(node, UNINSTALLED));
    expect(verdict).toBe('passes');
    expect(checks.filter((check) => check.verdict === 'remark').map(({ name }) => name)).toEqual([
      'agent',
      'sysctls',
    ]);
  });

  it('misses the agent where its frontends are in the kernel', () => {
    expect(lineOf('agent', nodeEvidence({}, UNINSTALLED))).toMatchObject({
      verdict: 'problem',
      code: 'KIP601',
    });
  });

  it.each([
    ['that answers something else', { kind: 'unusable', message: 'it is older' }, 'KIP601'],
    [
      'that has not received everything',
      { kind: 'answers', version: '1', complete: false, problems: 1 },
      'KIP602',
    ],
  ] as const)('names an agent %s', (_, agent, code) => {
    expect(lineOf('agent', nodeEvidence({}, { agent }))).toMatchObject({ verdict: 'problem', code });
  });

  it.each([
    ['does not answer', { ...API_SERVER, status: 0, failure: 'refused' }, 'problem'],
    ['does not know the login', { ...API_SERVER, status: 401 }, 'problem'],
    ['forbids the path and so is there', { ...API_SERVER, status: 403 }, 'fine'],
    ['was asked by nobody', undefined, 'unknown'],
    ['was asked by an agent that does not know how', 'the agent answered 404', 'unknown'],
  ] as const)('says of an API server that %s', (_, apiServer, verdict) => {
    expect(lineOf('API server', nodeEvidence({}, { apiServer })).verdict).toBe(verdict);
  });

  it.each([
    [4, 'fine'],
    [-5.4, 'fine'],
    [-6, 'remark'],
    [61, 'problem'],
  ])('judges a clock that is %d s ahead by what is certain of it', (clockAhead, verdict) => {
    expect(lineOf('clock', nodeEvidence({}, { apiServer: { ...API_SERVER, clockAhead } })).verdict).toBe(
      verdict,
    );
  });

  it('names what could not be read, and judges the rest', () => {
    const { checks } = checkNode(nodeEvidence({ unread: { conntrack: 'EACCES' } }));
    const open = checks.filter(({ verdict }) => verdict !== 'fine');
    expect(open).toMatchObject([{ name: 'conntrack', sentence: 'not read: EACCES', code: 'KIP709' }]);
  });
});

function tunnelOf(mtu: number, bridge: number): Pick<NodeCondition, 'links'> {
  const below = { name: 'eth0', mtu: 1500 };
  return {
    links: [
      { name: 'vxlan.calico', mtu, kind: 'tunnel', overhead: 50, below },
      { name: 'cni0', mtu: bridge, kind: 'pod bridge', overhead: 0, below: undefined },
    ],
  };
}
