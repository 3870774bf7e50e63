import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Balancing, chooseEndpoints, countLocalReady } from '../../src/desired/endpoint-choice.js';
import type { NodeSettings } from '../../src/desired/node-view.js';
import { offersOf } from '../../src/desired/service-slices.js';
import type { Endpoint, EndpointSlice } from '../../src/model/endpoint-slice.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import type { RealServers } from '../../src/model/real-server.js';
import type { ServicePort } from '../../src/model/service.js';
import { type WeightRule, WeightTable } from '../../src/model/weight-rule.js';
import { address, POD_1, POD_1_6, POD_2, POD_3 } from '../support/addresses.js';
import { anEndpoint, aSlice, HTTP } from '../support/objects.js';
import { serverKeys } from '../support/server-keys.js';

const NODE = { name: 'node-1', zone: 'zone-a', scheduler: 'rr' };
const EVEN: Balancing = { scheduler: 'rr', weights: new WeightTable([]), scale: 1 };
const TERMINATING = { ready: false, terminating: true };
const STARTING = { ready: false, serving: false };
const GONE = { ready: false, serving: false, terminating: true };

const choose = (slices: readonly EndpointSlice[], node: NodeSettings = NODE, port: ServicePort = HTTP) =>
  chooseEndpoints(offersOf(slices, port), 'IPv4', node, EVEN);

/** The keys of what is chosen for the cluster, in the order of their text. */
const chosen = (slices: readonly EndpointSlice[], port: ServicePort = HTTP) =>
  serverKeys(choose(slices, NODE, port).cluster).sort();

describe('the endpoints of a port', () => {
  it('are those that are ready', () => {
    const endpoints = [anEndpoint(POD_1), anEndpoint(POD_2, STARTING), anEndpoint(POD_3, TERMINATING)];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual(['10.244.0.1:8080']);
  });

  it('are those that serve while they terminate, where none is ready', () => {
    const endpoints = [anEndpoint(POD_1, GONE), anEndpoint(POD_2, STARTING), anEndpoint(POD_3, TERMINATING)];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual(['10.244.0.3:8080']);
  });

  it('are no terminating ones where another slice has a ready one', () => {
    const endpoints = [anEndpoint(POD_1, TERMINATING)];
    const slices = [aSlice('web', [POD_1], { endpoints }), aSlice('web', [POD_2], { name: 'web-2' })];
    expect(chosen(slices)).toEqual(['10.244.0.2:8080']);
  });

  it('are none where none serves', () => {
    const endpoints = [anEndpoint(POD_1, GONE), anEndpoint(POD_2, STARTING)];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual([]);
  });

  it('do not fall back on one that serves but does not terminate: it is not ready yet', () => {
    const endpoints = [anEndpoint(POD_1, { ready: false, serving: true, terminating: false })];
    expect(chosen([aSlice('web', [POD_1], { endpoints })])).toEqual([]);
  });

  it('come from all slices, each once', () => {
    const slices = [aSlice('web', [POD_1, POD_2]), aSlice('web', [POD_2, POD_3], { name: 'web-2' })];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080', '10.244.0.2:8080', '10.244.0.3:8080']);
  });

  it('have weight 1', () => {
    const { cluster } = choose([aSlice('web', [POD_1])]);
    expect([...cluster].map(({ weight }) => weight)).toEqual([1]);
  });

  it('are of the family asked for', () => {
    const slices = [aSlice('web', [POD_1]), aSlice('web', [POD_1_6], { name: 'web-6' })];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080']);
    const ofOther = chooseEndpoints(offersOf(slices, HTTP), 'IPv6', NODE, EVEN).cluster;
    expect(serverKeys(ofOther)).toEqual(['[fd00:244::1]:8080']);
  });
});

describe('a target port', () => {
  it('is found by its name, and may differ from slice to slice', () => {
    const slices = [
      aSlice('web', [POD_1], { ports: [{ name: 'http', protocol: 'TCP', port: 8_080 }] }),
      aSlice('web', [POD_2], { name: 'web-2', ports: [{ name: 'http', protocol: 'TCP', port: 9_090 }] }),
    ];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080', '10.244.0.2:9090']);
  });

  it('of another name is another port', () => {
    const ports = [
      { name: 'https', protocol: 'TCP', port: 8_443 },
      { name: 'http', protocol: 'TCP', port: 8_080 },
    ] as const;
    expect(chosen([aSlice('web', [POD_1], { ports })])).toEqual(['10.244.0.1:8080']);
    expect(chosen([aSlice('web', [POD_1], { ports })], { ...HTTP, name: 'metrics' })).toEqual([]);
  });

  it('without a name belongs to a ServicePort without a name', () => {
    const slice = aSlice('web', [POD_1], { ports: [{ name: '', protocol: 'TCP', port: 8_080 }] });
    expect(chosen([slice], { ...HTTP, name: '' })).toEqual(['10.244.0.1:8080']);
    expect(chosen([slice])).toEqual([]);
  });

  it.each(PROTOCOLS)('of the same name belongs to %s only where its protocol is that', (protocol) => {
    const ports = PROTOCOLS.map((each, index) => ({ name: 'http', protocol: each, port: 8_080 + index }));
    const expected = `10.244.0.1:${8_080 + PROTOCOLS.indexOf(protocol)}`;
    expect(chosen([aSlice('web', [POD_1], { ports })], { ...HTTP, protocol })).toEqual([expected]);
  });

  it('that a slice does not have takes its endpoints out', () => {
    expect(chosen([aSlice('web', [POD_1], { ports: [] })])).toEqual([]);
  });

  it('two numbers under one name are two real servers of one endpoint', () => {
    const slices = [
      aSlice('web', [POD_1]),
      aSlice('web', [POD_1], { name: 'web-2', ports: [{ name: 'http', protocol: 'TCP', port: 9_090 }] }),
    ];
    expect(chosen(slices)).toEqual(['10.244.0.1:8080', '10.244.0.1:9090']);
  });
});

describe('the two lists', () => {
  const STATES = { r: {}, s: TERMINATING, n: { ready: false, serving: true }, g: GONE };
  const slicesOf = (here: string, elsewhere: string) => {
    const on = (node: string, states: string, first: number) =>
      [...states].map((state, index) =>
        anEndpoint(address(`10.244.0.${first + index}`), { ...STATES[state as keyof typeof STATES], node }),
      );
    return [
      aSlice('web', [POD_1], { endpoints: [...on('node-1', here, 1), ...on('node-2', elsewhere, 101)] }),
    ];
  };
  const places = (servers: RealServers) =>
    [...servers].map(({ address }) => Number(address.split('.')[3])).sort((a, b) => a - b);

  it.each([
    // here, elsewhere, cluster, local
    ['r', 'r', [1, 101], [1]],
    ['r', '', [1], [1]],
    ['', 'r', [101], []],
    ['', '', [], []],
    ['rs', 'rs', [1, 101], [1]],
    ['s', 'r', [101], [1]],
    ['sg', 'r', [101], [1]],
    ['r', 's', [1], [1]],
    ['s', 's', [1, 101], [1]],
    ['', 's', [101], []],
    ['n', 'r', [101], []],
    ['n', 'n', [], []],
    ['g', 'g', [], []],
    ['ng', 's', [101], []],
  ])('here %j and elsewhere %j: cluster %j, local %j', (here, elsewhere, cluster, local) => {
    const found = choose(slicesOf(here, elsewhere));
    expect({ cluster: places(found.cluster), local: places(found.local) }).toEqual({ cluster, local });
  });

  it('count an endpoint that names no node as elsewhere', () => {
    const { cluster, local } = choose([aSlice('web', [POD_1])]);
    expect([cluster.size, local.size]).toEqual([1, 0]);
  });

  it('are one where this node does not know its name: there is no elsewhere', () => {
    const { cluster, local } = choose(slicesOf('', 'rr'), { ...NODE, name: undefined });
    expect([[...local], local.size]).toEqual([[...cluster], 2]);
  });

  it('take an endpoint for local that one of two slices puts on this node', () => {
    const slices = ['node-1', 'node-2'].map((node) =>
      aSlice('web', [POD_1], { name: node, endpoints: [anEndpoint(POD_1, { node })] }),
    );
    expect(serverKeys(choose(slices).local)).toEqual(['10.244.0.1:8080']);
  });
});

describe('hints', () => {
  const PODS = [POD_1, POD_2, POD_3] as const;
  /** Pods 1, 2 and 3 with these additions, the first of them on this node. */
  const hinted = (...over: readonly Partial<Endpoint>[]) => [
    aSlice('web', PODS, {
      endpoints: over.map((each, index) =>
        anEndpoint(PODS[index] ?? POD_1, { node: index === 0 ? 'node-1' : 'node-2', ...each }),
      ),
    }),
  ];
  const zone = (...zoneHints: string[]): Partial<Endpoint> => ({ zoneHints });
  const node = (...nodeHints: string[]): Partial<Endpoint> => ({ nodeHints });
  const pods = (slices: readonly EndpointSlice[], at: NodeSettings = NODE) =>
    [...choose(slices, at).cluster].map(({ address }) => PODS.indexOf(address) + 1).sort();

  it.each<[string, readonly Partial<Endpoint>[], readonly number[]]>([
    ['the zone of each keeps those of this zone', [zone('zone-b'), zone('zone-a'), zone('zone-a')], [2, 3]],
    ['several zones of each keep those that name this one', [zone('zone-b', 'zone-a'), zone('zone-b')], [1]],
    ['one without a hint uses all', [zone('zone-a'), {}, zone('zone-b')], [1, 2, 3]],
    ['none for this zone uses all', [zone('zone-b'), zone('zone-c')], [1, 2]],
    ['the node of each keeps those of this node', [node('node-2'), node('node-1')], [2]],
    ['none for this node uses all', [node('node-2'), node('node-3')], [1, 2]],
    [
      'the node comes before the zone',
      [
        { ...node('node-1'), ...zone('zone-b') },
        { ...node('node-2'), ...zone('zone-a') },
      ],
      [1],
    ],
    [
      'the zone where no hint names this node',
      [
        { ...node('node-2'), ...zone('zone-b') },
        { ...node('node-3'), ...zone('zone-a') },
      ],
      [2],
    ],
    [
      'the zone where one has no hint for a node',
      [{ ...node('node-1'), ...zone('zone-b') }, zone('zone-a')],
      [2],
    ],
    ['one that is not ready need have none', [zone('zone-a'), { ready: false, serving: false }], [1]],
    [
      'those that only leave are used without regard to them',
      [
        { ...TERMINATING, ...zone('zone-a') },
        { ...TERMINATING, ...zone('zone-b') },
      ],
      [1, 2],
    ],
  ])('%s', (_, endpoints, expected) => {
    expect(pods(hinted(...endpoints))).toEqual(expected);
  });

  it('are nothing to a node that is in no zone', () => {
    expect(pods(hinted(zone('zone-a'), zone('zone-b')), { ...NODE, zone: undefined })).toEqual([1, 2]);
  });

  it('do not thin out the local list', () => {
    const { cluster, local } = choose(hinted(zone('zone-b'), zone('zone-a')));
    expect([serverKeys(cluster), serverKeys(local)]).toEqual([['10.244.0.2:8080'], ['10.244.0.1:8080']]);
  });
});

describe('the count for a health check', () => {
  const count = (endpoints: readonly Endpoint[], at: NodeSettings = NODE) =>
    countLocalReady([aSlice('web', [POD_1], { endpoints }), aSlice('web', [POD_1_6])], 'IPv4', at);
  const here = { node: 'node-1' };

  it('is that of ready endpoints on this node, each address once', () => {
    const endpoints = [
      anEndpoint(POD_1, here),
      anEndpoint(POD_1, here),
      anEndpoint(POD_2, { node: 'node-2' }),
      anEndpoint(POD_3, { ...here, ...TERMINATING }),
    ];
    expect(count(endpoints)).toBe(1);
  });

  it('has all that are ready where this node does not know its name', () => {
    expect(count([anEndpoint(POD_1, here), anEndpoint(POD_2)], { ...NODE, name: undefined })).toBe(2);
  });
});

describe('the weight of a real server', () => {
  it('follows the rule for its zone or node', () => {
    const rules: readonly WeightRule[] = [
      { kind: 'zone', name: 'zone-b', weight: 3 },
      { kind: 'node', name: 'node-2', weight: 5 },
    ];
    const endpoints = [
      anEndpoint(POD_1, { zone: 'zone-b', node: 'node-2' }),
      anEndpoint(POD_2, { node: 'node-2' }),
      anEndpoint(POD_3),
    ];
    const slices = [aSlice('web', [POD_1], { endpoints })];
    const { cluster } = chooseEndpoints(offersOf(slices, HTTP), 'IPv4', NODE, {
      scheduler: 'wrr',
      weights: new WeightTable(rules),
      scale: 1,
    });
    const found = [...cluster].map(({ address, weight }) => `${address} ${weight}`);
    expect(found.sort()).toEqual(['10.244.0.1 3', '10.244.0.2 5', '10.244.0.3 1']);
  });
});

describe('whatever the slices are', () => {
  const anyNode = fc.record({
    name: fc.constantFrom('node-1', 'node-2', undefined),
    zone: fc.constantFrom('zone-a', undefined),
    scheduler: fc.constant('rr'),
  });
  const hint = fc.constantFrom<Partial<Endpoint>>({}, { zoneHints: ['zone-a'] }, { nodeHints: ['node-1'] });
  const endpoint = fc
    .tuple(
      fc.integer({ min: 1, max: 40 }),
      hint,
      fc.constantFrom('node-1', 'node-2'),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([last, hints, node, ready, terminating]) =>
      anEndpoint(address(`10.244.0.${last}`), { ...hints, node, ready, terminating }),
    );
  const slices = fc
    .array(fc.array(endpoint, { maxLength: 40 }), { maxLength: 3 })
    .map((lists) =>
      lists.map((endpoints, index) => aSlice('web', [POD_1], { name: `web-${index}`, endpoints })),
    );

  it('both lists hold known endpoints only, and the local one those of this node', () => {
    fc.assert(
      fc.property(slices, anyNode, (slices, node) => {
        const { cluster, local } = choose(slices, node);
        const all = slices.flatMap(({ endpoints }) => [...endpoints]);
        const here = all.filter((each) => node.name === undefined || each.node === node.name);
        const addresses = (list: readonly Endpoint[]) => new Set(list.map(({ address }) => address));
        for (const { address } of cluster) expect(addresses(all)).toContain(address);
        for (const { address } of local) expect(addresses(here)).toContain(address);
        expect(cluster.size > 0).toBe(all.some(({ ready, terminating }) => ready || terminating));
      }),
    );
  });

  it('a ready endpoint of this node is in the local list', () => {
    fc.assert(
      fc.property(slices, (slices) => {
        const { local } = choose(slices);
        for (const { endpoints } of slices)
          for (const { ready, node, address } of endpoints)
            if (ready && node === 'node-1') expect(serverKeys(local)).toContain(`${address}:8080`);
      }),
    );
  });

  it('the order of slices and of endpoints is nothing to the choice', () => {
    fc.assert(
      fc.property(slices, anyNode, (slices, node) => {
        const turned = [...slices]
          .reverse()
          .map((each) => ({ ...each, endpoints: [...each.endpoints].reverse() }));
        const keys = (slices: readonly EndpointSlice[]) => serverKeys(choose(slices, node).cluster);
        expect(keys(turned)).toEqual(keys(slices));
      }),
    );
  });
});
