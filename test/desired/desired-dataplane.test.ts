import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { atOnce } from '../../src/model/clock.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import { allKeys, type KernelKeys } from '../../src/model/kernel-keys.js';
import type { Service } from '../../src/model/service.js';
import { serviceKey } from '../../src/model/service-key.js';
import { address, POD_1, POD_1_6, POD_2, POD_3, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { apply, changes } from '../support/arbitrary-cluster.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { HandSource } from '../support/hand-source.js';
import { anEndpoint, aService, aSlice, HTTP } from '../support/objects.js';

const EXTERNAL = address('198.51.100.7');

type ClusterObject = Service | EndpointSlice;

/** A view and the data plane desired for it, kept together. */
class Cluster {
  readonly view = new ClusterView();
  readonly desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', scheduler: 'rr' });

  put(...objects: readonly ClusterObject[]): KernelKeys[] {
    return objects.flatMap((object) =>
      this.#refresh('endpoints' in object ? this.view.setSlice(object) : this.view.setService(object)),
    );
  }

  deleteService(service: Service): KernelKeys[] {
    return this.#refresh(this.view.deleteService(service.key));
  }

  get text(): string[] {
    return dataplaneText(this.desired).split('\n');
  }

  #refresh(keys: ReturnType<ClusterView['deleteService']>): KernelKeys[] {
    const worked = keys.map((key) => this.desired.refresh(key, this.view.look(key)));
    for (const key of this.desired.takeConcerned()) this.desired.refresh(key, this.view.look(key));
    return worked;
  }
}

const clusterOf = (...objects: readonly ClusterObject[]): Cluster => {
  const cluster = new Cluster();
  cluster.put(...objects);
  return cluster;
};

describe('a Service', () => {
  it('wants each of its VIPs with each of its ports, and the endpoints of the family behind it', () => {
    const ports = [HTTP, { name: 'dns', protocol: 'UDP', port: 53, nodePort: 0 } as const];
    const targets = ports.map((port) => ({ ...port, port: port.port + 8_000 }));
    const cluster = clusterOf(
      aService('web', [VIP_A, VIP_A6], { ports, affinityTimeout: 60, scheduler: 'mh' }),
      aSlice('web', [POD_1], { ports: targets }),
      aSlice('web', [POD_1_6], { name: 'web-6', ports: targets }),
    );
    expect(cluster.text).toEqual([
      '10.96.0.10:53/UDP mh (fallback) persistent 60',
      '  -> 10.244.0.1:8053 weight 1',
      '10.96.0.10:80/TCP mh (fallback) persistent 60',
      '  -> 10.244.0.1:8080 weight 1',
      '[fd00:96::10]:53/UDP mh (fallback) persistent 60',
      '  -> [fd00:244::1]:8053 weight 1',
      '[fd00:96::10]:80/TCP mh (fallback) persistent 60',
      '  -> [fd00:244::1]:8080 weight 1',
      'bound 10.96.0.10',
      'bound fd00:96::10',
      'guarded 10.96.0.10',
      'guarded fd00:96::10',
      'open 10.96.0.10:53/UDP',
      'open 10.96.0.10:80/TCP',
      'open [fd00:96::10]:53/UDP',
      'open [fd00:96::10]:80/TCP',
      'owned 10.96.0.10:53/UDP by default/web:dns',
      'owned 10.96.0.10:80/TCP by default/web:http',
      'owned [fd00:96::10]:53/UDP by default/web:dns',
      'owned [fd00:96::10]:80/TCP by default/web:http',
    ]);
  });

  it('without a usable endpoint keeps its VIP, guarded and closed', () => {
    const cluster = clusterOf(aService('web', [VIP_A]));
    expect(cluster.text).toEqual(['bound 10.96.0.10', 'guarded 10.96.0.10']);
    expect(atOnce(cluster.desired.withoutEndpoints()).map(({ frontend }) => frontend.key)).toEqual([
      '10.96.0.10:80/TCP',
    ]);
  });

  it.each([
    ['another name', { name: 'web', protocol: 'TCP', port: 8_080 } as const, '"web"/TCP'],
    ['another protocol', { name: 'http', protocol: 'UDP', port: 8_080 } as const, '"http"/UDP'],
  ])('whose slices have its port by %s is refused, and says what they offer', (_, port, offered) => {
    const { desired } = clusterOf(aService('web', [VIP_A]), aSlice('web', [POD_1], { ports: [port] }));
    expect(atOnce(desired.withoutEndpoints())).toMatchObject([
      { frontend: { key: '10.96.0.10:80/TCP' }, offered },
    ]);
  });

  it('whose slices have its port but no endpoint says nothing of ports', () => {
    const { desired } = clusterOf(aService('web', [VIP_A]), aSlice('web', []));
    expect(atOnce(desired.withoutEndpoints())[0]).not.toHaveProperty('offered');
  });

  it('without an endpoint in one family is closed in that one alone', () => {
    const cluster = clusterOf(aService('web', [VIP_A, VIP_A6]), aSlice('web', [POD_1]));
    expect([...cluster.desired.policy.open.keys()]).toEqual(['10.96.0.10:80/TCP']);
    expect([...cluster.desired.bound]).toEqual([VIP_A, VIP_A6]);
  });

  it('that is known by its slices alone wants nothing', () => {
    expect(clusterOf(aSlice('web', [POD_1])).text).toEqual(['']);
  });

  it('is named in the ledger without a port where the port has no name', () => {
    const ports = [{ ...HTTP, name: '' }];
    const slice = aSlice('web', [POD_1], { ports: [{ name: '', protocol: 'TCP', port: 8_080 }] });
    const { desired } = clusterOf(aService('web', [VIP_A], { ports }), slice);
    expect([...desired.policy.owned.values()].map(({ owner }) => owner)).toEqual(['default/web']);
  });

  it('takes the scheduler of the node where it asks for none', () => {
    const { desired } = clusterOf(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    expect([...desired.virtualServers.values()].map(({ settings }) => settings.scheduler)).toEqual(['rr']);
  });

  it('leaves nothing behind when it goes', () => {
    const web = aService('web', [VIP_A, VIP_A6]);
    const cluster = clusterOf(web, aSlice('web', [POD_1]), aSlice('web', [POD_1_6], { name: 'web-6' }));
    cluster.deleteService(web);
    expect(cluster.text).toEqual(['']);
  });
});

describe('a VIP that several Services share', () => {
  const web = aService('web', [VIP_A]);
  const other = aService('other', [VIP_A], { ports: [{ ...HTTP, port: 81 }] });

  it('stays until the last of them goes', () => {
    const cluster = clusterOf(web, other);
    cluster.deleteService(web);
    expect([...cluster.desired.bound]).toEqual([VIP_A]);
    cluster.deleteService(other);
    expect([...cluster.desired.bound]).toEqual([]);
  });

  it('stays when one of them moves away', () => {
    const cluster = clusterOf(web, other);
    cluster.put(aService('web', [VIP_B]));
    expect([...cluster.desired.bound].sort()).toEqual([VIP_A, VIP_B]);
  });
});

describe('a frontend that several Services claim', () => {
  const old = aService('old', [VIP_A], { created: 1 });
  const young = aService('young', [VIP_A], { created: 2 });
  const slices = [aSlice('old', [POD_1]), aSlice('young', [POD_2])] as const;
  const winner = ({ desired }: Cluster) => desired.serviceOf('10.96.0.10:80/TCP' as never);

  it('goes to the oldest, whichever comes first', () => {
    expect(winner(clusterOf(old, young, ...slices))).toBe('default/old');
    expect(winner(clusterOf(young, old, ...slices))).toBe('default/old');
  });

  it('goes to the first by name among those of one age', () => {
    const [a, b] = [aService('a', [VIP_A]), aService('b', [VIP_A])];
    expect([winner(clusterOf(a, b)), winner(clusterOf(b, a))]).toEqual(['default/a', 'default/a']);
  });

  it('is a problem of each loser, named with its field', () => {
    const { desired } = clusterOf(old, young, ...slices);
    expect(desired.problems).toMatchObject([
      {
        kind: 'conflict',
        service: 'default/young',
        field: 'spec.ports[0].port',
        message: '10.96.0.10:80/TCP already belongs to Service default/old, which is older.',
      },
    ]);
  });

  it('is reported ten times of each loser, and how many more it is', () => {
    const services = Array.from({ length: 20 }, (_, index) =>
      aService(`s${index}`, [VIP_A], {
        created: index,
        ports: Array.from({ length: 20 }, (_, port) => ({ ...HTTP, name: `p${port}`, port: 1 + port })),
      }),
    );
    const { desired } = clusterOf(...services);
    expect(desired.problems).toHaveLength(19 * 11);
    const ofLast = desired.problems.filter(({ service }) => service === 'default/s19');
    expect(ofLast.at(-1)).toMatchObject({ subject: 'Service default/s19', message: 'and 10 more.' });
    expect(desired.problems).toEqual(desired.problems);
  });

  it('is no problem any more when the loser moves, and is handed over when the winner goes', () => {
    const moved = clusterOf(old, young, ...slices);
    moved.put(aService('young', [VIP_B], { created: 2 }));
    expect(moved.desired.problems).toEqual([]);
    const gone = clusterOf(old, young, ...slices);
    gone.deleteService(old);
    expect([winner(gone), gone.desired.problems]).toEqual(['default/young', []]);
    expect(gone.text).toContain('  -> 10.244.0.2:8080 weight 1');
  });

  it('stays with the oldest even while it has no endpoint: a newcomer takes nothing away', () => {
    const cluster = clusterOf(old, young, slices[1]);
    expect(winner(cluster)).toBe('default/old');
    expect(cluster.desired.virtualServers.size).toBe(0);
  });

  it('is taken once by a Service that lists it twice, with the first of the two ports', () => {
    const ports = [HTTP, { ...HTTP, name: 'twice' }];
    const slice = aSlice('web', [POD_1], {
      ports: ports.map(({ name }, index) => ({ name, protocol: 'TCP', port: 8_080 + index })),
    });
    const cluster = clusterOf(aService('web', [VIP_A], { ports }), slice);
    expect(cluster.text).toContain('  -> 10.244.0.1:8080 weight 1');
    cluster.put(aService('web', [VIP_A], { ports }));
    expect(cluster.text).toContain('  -> 10.244.0.1:8080 weight 1');
    expect(cluster.desired.problems).toHaveLength(1);
  });
});

describe('a frontend that Services claim by different fields', () => {
  const ports = [{ ...HTTP, port: 80, nodePort: 30_080 }];
  const NODE = address('172.18.0.2');
  /** `victim` is the younger of the two, and comes first or last. */
  const holders = (victim: Partial<Service>, attacker: Partial<Service>, key: string, words = key) => {
    const objects = [
      aService('victim', [VIP_A], { ...victim, created: 2 }),
      aService('attacker', [VIP_B], { ...attacker, created: 1 }),
    ];
    const endpoints = [aSlice('victim', [POD_1]), aSlice('attacker', [POD_2])];
    return [objects, [...objects].reverse()].map((order) => {
      const cluster = new Cluster();
      cluster.desired.setNodeAddresses([NODE]);
      cluster.put(...order, ...endpoints);
      const messages = cluster.desired.problems
        .map(({ message }) => message)
        .filter((message) => message.includes(words));
      return [cluster.desired.serviceOf(key as never), ...messages];
    });
  };

  it.each([
    [
      'its NodePort',
      { ports },
      { loadBalancerIPs: [NODE], ports: [{ ...HTTP, port: 30_080 }] },
      '172.18.0.2:30080/TCP',
      'whose NodePort it is',
    ],
    [
      'the address of its load balancer',
      { loadBalancerIPs: [EXTERNAL] },
      { externalIPs: [EXTERNAL] },
      '198.51.100.7:80/TCP',
      'whose load balancer has the address',
    ],
  ])('goes to the Service that has %s, whatever the ages', (_, victim, attacker, key, reason) => {
    const holder = ['default/victim', `${key} already belongs to Service default/victim, ${reason}.`];
    expect(holders(victim, attacker, key)).toEqual([holder, holder]);
  });

  it.each([{ externalIPs: [VIP_A] }, { loadBalancerIPs: [VIP_A] }])(
    'goes to the Service that has its ClusterIP, whatever the ages and whoever comes first: %o',
    (attacker) => {
      const holder = [
        'default/victim',
        `${VIP_A} is the ClusterIP of Service default/victim, whose ports are all its own, so it is not served.`,
      ];
      expect(holders({}, attacker, `${VIP_A}:80/TCP`, VIP_A)).toEqual([holder, holder]);
    },
  );

  it('goes by age where both write the address', () => {
    const written = { externalIPs: [EXTERNAL] };
    for (const [holder] of holders(written, written, '198.51.100.7:80/TCP'))
      expect(holder).toBe('default/attacker');
  });
});

describe('a Service that wants nothing on this node', () => {
  const OWN = address('172.18.0.2');
  const onNodes = aService('web', [VIP_A6], { ports: [{ ...HTTP, nodePort: 30_080 }] });
  const refreshed = () => {
    const desired = new DesiredDataplane({ ...LONE_NODE, families: ['IPv4'] });
    const view = { service: onNodes, slices: [aSlice('web', [POD_1])] };
    desired.refresh(onNodes.key, view);
    expect(desired.virtualServers.size).toBe(0);
    return { desired, view };
  };

  it('is worked out anew when the node gets an address at which it does', () => {
    const { desired, view } = refreshed();
    for (const key of desired.setNodeAddresses([OWN])) desired.refresh(key, view);
    expect([...desired.virtualServers.keys()]).toEqual(['172.18.0.2:30080/TCP']);
  });

  it('counts as nothing wanted, and is forgotten when it is deleted', () => {
    const { desired } = refreshed();
    expect(desired.isEmpty).toBe(true);
    desired.refresh(onNodes.key, { service: undefined, slices: [] });
    expect(desired.setNodeAddresses([OWN])).toEqual([]);
  });
});

describe('a refresh answers with', () => {
  const keysOf = (keys: readonly KernelKeys[]) =>
    keys.map(({ frontends, vips }) => [[...frontends].sort(), [...vips].sort()]);

  it('what the Service wants, where it is new', () => {
    const cluster = clusterOf(aSlice('web', [POD_1]));
    expect(keysOf(cluster.put(aService('web', [VIP_A])))).toEqual([[['10.96.0.10:80/TCP'], [VIP_A]]]);
  });

  it('what it wanted and what it wants, where it changed', () => {
    const cluster = clusterOf(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    expect(keysOf(cluster.put(aService('web', [VIP_B], { ports: [{ ...HTTP, port: 81 }] })))).toEqual([
      [
        ['10.96.0.10:80/TCP', '10.96.0.11:81/TCP'],
        [VIP_A, VIP_B],
      ],
    ]);
    expect(keysOf(cluster.put(aSlice('web', [POD_2])))).toEqual([[['10.96.0.11:81/TCP'], [VIP_B]]]);
  });

  it('what it wanted, where it is gone', () => {
    const web = aService('web', [VIP_A]);
    const cluster = clusterOf(web, aSlice('web', [POD_1]), aService('other', [VIP_B]));
    expect(keysOf(cluster.deleteService(web))).toEqual([[['10.96.0.10:80/TCP'], [VIP_A]]]);
  });

  it('nothing for a Service that wants nothing', () => {
    const { desired, view } = new Cluster();
    const key = serviceKey('default', 'none');
    expect(keysOf([desired.refresh(key, view.look(key))])).toEqual([[[], []]]);
  });

  it('every key at which the data plane changed, whatever the cluster', () => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const source = new HandSource();
        apply(source, before);
        const desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', scheduler: 'rr' });
        for (const key of source.view.keys()) desired.refresh(key, source.view.look(key));
        const old = new Map(linesOf(desired));
        const services = new Set(source.view.keys());
        apply(source, after);
        const touched = new Set<string>();
        for (const key of new Set([...services, ...source.view.keys()])) {
          const { frontends, vips } = desired.refresh(key, source.view.look(key));
          for (const each of [...frontends, ...vips]) touched.add(each);
        }
        const now = new Map(linesOf(desired));
        for (const key of new Set([...old.keys(), ...now.keys()]))
          if (old.get(key) !== now.get(key)) expect(touched).toContain(key);
      }),
    );
  });
});

describe('the desired data plane', () => {
  it('depends on the cluster alone, not on the way there', () => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const source = new HandSource();
        const long = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', scheduler: 'rr' });
        const refreshAll = (desired: DesiredDataplane, keys: Iterable<ReturnType<typeof serviceKey>>) => {
          for (const key of keys) desired.refresh(key, source.view.look(key));
        };
        apply(source, before);
        const early = source.view.keys();
        refreshAll(long, early);
        apply(source, after);
        refreshAll(long, new Set([...early, ...source.view.keys()]));
        const short = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', scheduler: 'rr' });
        refreshAll(short, [...source.view.keys()].reverse());
        expect(dataplaneText(long)).toBe(dataplaneText(short));
        expect(long.problems.map(({ message }) => message).sort()).toEqual(
          short.problems.map(({ message }) => message).sort(),
        );
      }),
    );
  });

  it('never has a virtual server without a usable server, a ledger entry, an open gate and a guarded VIP', () => {
    const usable = clusterOf(
      aService('web', [VIP_A]),
      aSlice('web', [POD_1, POD_3], { endpoints: [anEndpoint(POD_1), anEndpoint(POD_3, { ready: false })] }),
    ).desired;
    const keys = allKeys(usable);
    expect([keys.frontends.size, keys.vips.size]).toEqual([1, 1]);
    fc.assert(
      fc.property(changes, (batch) => {
        const source = new HandSource();
        apply(source, batch);
        const desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', scheduler: 'rr' });
        for (const key of source.view.keys()) desired.refresh(key, source.view.look(key));
        const { virtualServers, policy, bound } = desired;
        expect([...policy.owned.keys()].sort()).toEqual([...virtualServers.keys()].sort());
        expect([...policy.open.keys()].sort()).toEqual([...virtualServers.keys()].sort());
        for (const { realServers, frontend } of virtualServers.values()) {
          expect(realServers.size).toBeGreaterThan(0);
          expect(bound.has(frontend.address) && policy.guarded.has(frontend.address)).toBe(true);
        }
      }),
    );
  });
});

/** Each key of the plane with what it says there. */
function* linesOf({ virtualServers, bound, policy }: DesiredDataplane): Generator<readonly [string, string]> {
  for (const [key, { settings, realServers }] of virtualServers)
    yield [key, JSON.stringify([settings, [...realServers], policy.owned.get(key)?.owner])];
  for (const address of bound) yield [address, 'bound'];
}

describe('a Service of many ports with many slices of other ports', () => {
  /** How often a port of a slice is looked at to work out the Service. */
  function looksAtPorts(ports: number, slices: number): number {
    let looks = 0;
    const offered = {
      protocol: 'TCP' as const,
      port: 1,
      get name() {
        looks++;
        return 'other';
      },
    };
    const many = Array.from({ length: ports }, (_, n) => ({ ...HTTP, name: `p${n}`, port: n + 1 }));
    const cluster = clusterOf(aService('web', [VIP_A], { ports: many }));
    for (let n = 0; n < slices; n++)
      cluster.view.setSlice({ ...aSlice('web', [POD_1], { name: `web-${n}` }), ports: [offered] });
    looks = 0;
    cluster.put(aService('web', [VIP_A], { ports: many }));
    return looks;
  }

  it('looks at each port of each slice a few times, not once for each port of the Service', () => {
    expect(looksAtPorts(200, 50)).toBeLessThanOrEqual(2 * 50);
  });

  it('counts frontends without servers among its entries, so that a change of them is as large as it is', () => {
    const ports = Array.from({ length: 200 }, (_, n) => ({ ...HTTP, name: `p${n}`, port: n + 1 }));
    const web = aService('web', [VIP_A], { ports });
    expect(clusterOf(web).desired.entriesOf(web.key)).toBe(200);
    const served = aSlice('web', [POD_1, POD_2], { ports: ports.slice(0, 10) });
    expect(clusterOf(web, served).desired.entriesOf(web.key)).toBe(220);
  });
});
