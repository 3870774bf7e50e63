import { describe, expect, it } from 'vitest';
import { addressAndPort, frontend } from '../../src/model/frontend.js';
import { realServer } from '../../src/model/real-server.js';
import type { FrontendRow } from '../../src/status/listing/frontend-row.js';
import { frontendRows } from '../../src/status/listing/frontend-rows.js';
import {
  type ListingQuery,
  listing,
  listingQuery,
  rowFilter,
} from '../../src/status/listing/listing-source.js';
import { POD_1, POD_2, POD_3, VIP_A, VIP_A6 } from '../support/addresses.js';
import { API, ListedCluster, smallCluster, WEB } from '../support/listed-cluster.js';
import { aService, aSlice } from '../support/objects.js';

async function rowsOf(
  cluster: ListedCluster,
  query: ListingQuery = { servers: '1' },
): Promise<FrontendRow[]> {
  const rows: FrontendRow[] = [];
  for await (const batch of listing(query, cluster.parts)) rows.push(...batch);
  return rows;
}

async function rowOf(
  cluster: ListedCluster,
  key: string,
  query?: ListingQuery,
): Promise<FrontendRow | undefined> {
  return (await rowsOf(cluster, query)).find((row) => row.frontend === key);
}

describe('rows of frontends', () => {
  it('name the Service, and how it is served and by what', async () => {
    const rows = await rowsOf(smallCluster());
    expect(rows.map(({ service, port }) => [service, port])).toEqual([
      ['default/api', ''],
      ['default/web', 'http'],
    ]);
    expect(rows[1]).toMatchObject({
      type: 'ClusterIP',
      frontend: '10.96.0.10:80/TCP',
      trafficPolicy: 'Cluster',
      scheduler: 'rr',
      persistenceSeconds: 0,
      state: 'programmed',
      reason: null,
      counts: { servers: 2, taking: 2, active: 4, inactive: 14_000 },
      servers: [
        { address: POD_1, port: 8080, weight: 1, active: 3, inactive: 14_000, state: 'programmed' },
        { address: POD_2, port: 8080, weight: 1, active: 1, inactive: 0, state: 'programmed' },
      ],
    });
    expect(rows[0]).toMatchObject({ trafficPolicy: 'Local', persistenceSeconds: 10_800 });
  });

  it('say of a frontend that a process of the node has that it is so, and count no server', async () => {
    const dns = frontend(VIP_A, 80, 'TCP');
    const cluster = new ListedCluster(
      [aService('dns', [VIP_A], { prefersNodeLocal: true })],
      [aSlice('dns', [POD_1])],
      new Set([dns.key]),
    );
    expect(await rowOf(cluster, dns.key)).toMatchObject({
      service: 'default/dns',
      type: 'ClusterIP',
      state: 'node-local',
      reason: 'a process of this node listens there',
      scheduler: null,
      counts: { servers: 0, taking: 0 },
    });
  });

  it('say of every endpoint that is no server why it is none', async () => {
    const [api, web] = await rowsOf(smallCluster());
    expect(web?.leftOut).toEqual([{ address: POD_3, reason: 'not ready' }]);
    expect(api?.leftOut).toEqual([
      { address: POD_2, reason: 'it is on node-2, and the traffic policy is Local' },
    ]);
  });

  it('say how long a draining server has left, and that a new one starts slowly', async () => {
    const cluster = smallCluster();
    for (const plane of [cluster.kernel, cluster.image]) {
      plane.acknowledge({ kind: 'add-real-server', frontend: WEB, server: realServer(POD_3, 8080, 0) });
      plane.acknowledge({ kind: 'set-real-server', frontend: API, server: realServer(POD_1, 8443, 0) });
    }
    cluster.drains = [{ frontend: WEB.key, server: realServer(POD_3, 8080, 0).key, left: 13_200 }];
    expect((await rowOf(cluster, WEB.key))?.servers?.[2]).toMatchObject({
      weight: 0,
      state: 'draining',
      reason: 'draining, 14 s left',
      drainSecondsLeft: 14,
    });
    expect((await rowOf(cluster, API.key))?.servers?.[0]?.reason).toBe('slow start; its full weight is 1');
  });

  it.each([
    ['removed', 'another program removed it'],
    ['changed', 'another program changed it'],
  ])('show as drift what another program %s', async (how, reason) => {
    const cluster = smallCluster();
    if (how === 'removed') cluster.kernel.removeVirtualServer(WEB);
    else
      cluster.kernel.acknowledge({
        kind: 'set-real-server',
        frontend: WEB,
        server: realServer(POD_1, 8080, 9),
      });
    expect(await rowOf(cluster, WEB.key)).toMatchObject({ service: 'default/web', state: 'drift', reason });
    expect(await rowOf(cluster, API.key)).toMatchObject({ state: 'programmed' });
  });

  it('show no drift where a pass wrote between the look at the kernel and the question what was written', async () => {
    const cluster = smallCluster();
    const server = realServer(POD_3, 8080, 1);
    cluster.image.acknowledge({ kind: 'add-real-server', frontend: WEB, server });
    const { parts } = cluster;
    const late = {
      ...parts,
      look: (frontends: Parameters<typeof parts.look>[0]) => {
        cluster.kernel.acknowledge({ kind: 'add-real-server', frontend: WEB, server });
        return parts.look(frontends);
      },
    };
    const states: string[] = [];
    for await (const batch of listing({}, late)) states.push(...batch.map(({ state }) => state));
    expect(states).toEqual(['programmed', 'programmed']);
  });

  it('show what a Service wants and does not have, and what another program has', async () => {
    const cluster = smallCluster();
    const server = cluster.kernel.virtualServers.get(WEB.key);
    cluster.kernel.removeVirtualServer(WEB);
    cluster.foreign.push({ ...server, frontend: WEB, untagged: true } as never);
    cluster.foreign.push({ ...server, frontend: frontend(VIP_A, 9, 'UDP'), untagged: true } as never);
    cluster.unmet = [
      { frontend: WEB, owner: 'default/web:http', state: 'foreign', reason: 'Another has it.' },
    ];
    const rows = await rowsOf(cluster);
    expect(rows.map(({ service, frontend, state, reason }) => [service, frontend, state, reason])).toEqual([
      ['default/api', API.key, 'programmed', null],
      ['default/web', WEB.key, 'foreign', 'Another has it.'],
      [null, '10.96.0.10:9/UDP', 'foreign', null],
    ]);
  });

  it('show a Service without a usable endpoint', async () => {
    const cluster = smallCluster();
    cluster.view.setService(aService('idle', [VIP_A6]));
    cluster.view.setSlice(aSlice('idle', [], { ports: [{ name: 'web', protocol: 'TCP', port: 1 }] }));
    for (const key of cluster.view.keys()) cluster.desired.refresh(key, cluster.view.look(key));
    expect(await rowOf(cluster, '[fd00:96::10]:80/TCP')).toMatchObject({
      service: 'default/idle',
      scheduler: null,
      reason: 'no endpoint: its EndpointSlices offer "web"/TCP instead',
      counts: { servers: 0 },
    });
  });

  it('come from the ledger where no agent runs', async () => {
    const cluster = smallCluster();
    const kernel = await cluster.parts.observe();
    const rows: FrontendRow[] = [];
    const filter = rowFilter({ namespace: 'default' });
    for await (const batch of frontendRows({
      kernel,
      agent: undefined,
      traffic: undefined,
      filter,
      withServers: false,
    }))
      rows.push(...batch);
    expect(rows.map(({ service, type, state }) => [service, type, state])).toEqual([
      ['default/api', null, 'programmed'],
      ['default/web', null, 'programmed'],
    ]);
  });
});

describe('the filter of a listing', () => {
  it.each<[ListingQuery, string[]]>([
    [{ name: 'web' }, ['default/web']],
    [{ name: 'default/api' }, ['default/api']],
    [{ name: 'web', namespace: 'other' }, []],
    [{ vip: '10.96.0.10' }, ['default/web']],
    [{ vip: '10.96.0.10:443' }, []],
    [{ name: '10.96.0.11:443' }, ['default/api']],
    [{ namespace: 'default' }, ['default/api', 'default/web']],
  ])('%j', async (query, services) => {
    const rows = await rowsOf(smallCluster(), query);
    expect(rows.map(({ service }) => service)).toEqual(services);
  });

  it('reads addresses with and without ports, and nothing else', () => {
    expect(addressAndPort('[fd00:96::10]:80')).toEqual({ address: VIP_A6, port: 80 });
    expect(addressAndPort('fd00:96::10')).toEqual({ address: VIP_A6, port: undefined });
    expect(addressAndPort('web')).toBeUndefined();
    expect(addressAndPort('10.96.0.10:x')).toBeUndefined();
  });

  it('looks at the frontends of a few Services alone, and at everything for a whole listing', async () => {
    const cluster = smallCluster();
    await rowsOf(cluster, { name: 'web' });
    expect(cluster.looks).toEqual({ full: 0, single: 1 });
    await rowsOf(cluster, {});
    expect(cluster.looks).toEqual({ full: 1, single: 1 });
  });

  it('comes over the socket as it was asked', () => {
    const query = listingQuery(new URLSearchParams('name=a%2Fb&servers=1&traffic=0'));
    expect(query).toMatchObject({ name: 'a/b', namespace: undefined, servers: '1', traffic: undefined });
  });
});
