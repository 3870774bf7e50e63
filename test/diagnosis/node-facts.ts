import type { NodeEvidence } from '../../src/diagnosis/check-line.js';
import type { ApiServerFact, NodeCondition } from '../../src/model/node-condition.js';

/** A node on which all is well, to be changed in one place by each test. */

export const API_SERVER: ApiServerFact = {
  status: 200,
  milliseconds: 12.3,
  clockAhead: 0.2,
  uncertainty: 0.506,
  failure: undefined,
};

export function condition(over: Partial<NodeCondition> = {}): NodeCondition {
  return {
    modules: [
      { name: 'ip_vs', state: 'loaded' },
      { name: 'nf_tables', state: 'built in' },
      { name: 'dummy', state: 'loadable' },
    ],
    schedulers: [
      { name: 'rr', state: 'loaded' },
      { name: 'mh', state: 'loadable' },
      { name: 'fo', state: 'missing' },
    ],
    hasNetAdmin: true,
    sysctls: [
      sysctl('net.ipv4.vs.conntrack', '1'),
      sysctl('net.ipv4.ip_forward', '1'),
      sysctl('net.ipv6.conf.all.forwarding', '0'),
    ],
    connectionTable: { size: 4096, grows: false, connections: 1200 },
    rules: { tables: ['inet firewalld'], frontends: 12, found: [], families: ['IPv4'] },
    legacyTables: [],
    conntrack: { entries: 3000, most: 262_144 },
    bridges: [],
    links: [
      { name: 'eth0', mtu: 1500, kind: 'uplink', overhead: 0, below: undefined },
      { name: 'flannel.1', mtu: 1450, kind: 'tunnel', overhead: 50, below: { name: 'eth0', mtu: 1500 } },
      { name: 'cni0', mtu: 1450, kind: 'pod bridge', overhead: 0, below: undefined },
    ],
    unread: {},
    ...over,
  };
}

export function sysctl(name: string, value: string | undefined) {
  return { name, value, expected: '1', without: 'replies of pods do not pass through this node' };
}

export function nodeEvidence(
  node: Partial<NodeCondition> = {},
  over: Partial<NodeEvidence> = {},
): NodeEvidence {
  return {
    agent: { kind: 'answers', version: '0.2.0', complete: true, problems: 0 },
    apiServer: API_SERVER,
    node: condition(node),
    ...over,
  };
}

export const UNINSTALLED: Partial<NodeEvidence> = { agent: { kind: 'silent' }, apiServer: undefined };
