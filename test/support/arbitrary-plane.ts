import fc from 'fast-check';
import { type Address, familyOf, parseAddress } from '../../src/model/address.js';
import type { Cidr } from '../../src/model/cidr.js';
import {
  type Dataplane,
  eachTrafficSet,
  type PacketPolicy,
  TRAFFIC_SETS,
} from '../../src/model/dataplane.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { type Frontend, type FrontendKey, frontend, insideOf, isInside } from '../../src/model/frontend.js';
import {
  type RealServer,
  RealServerList,
  type RealServers,
  realServer,
} from '../../src/model/real-server.js';
import type { VirtualServer, VirtualServerSettings } from '../../src/model/virtual-server.js';
import { POD_1, POD_1_6, POD_2, POD_2_6, POD_3, VIP_A, VIP_A6, VIP_B } from './addresses.js';
import { settings } from './objects.js';

// Small pools, so that VIPs are shared, servers return, and both sides of a comparison meet on the same keys.
export const VIPS: readonly Address[] = [VIP_A, VIP_B, VIP_A6];
export const PODS: readonly Address[] = [POD_1, POD_2, POD_3, POD_1_6, POD_2_6];
export const FRONTENDS: readonly Frontend[] = VIPS.flatMap((vip, index) => [
  frontend(vip, 80, 'TCP'),
  frontend(vip, 443, 'TCP'),
  frontend(vip, 80, 'UDP'),
  insideOf(frontend(vip, 443, 'TCP'), 0x77 + index),
]);
const OUTSIDE = FRONTENDS.filter((front) => !isInside(front));

const someSettings: fc.Arbitrary<VirtualServerSettings> = fc.record({
  scheduler: fc.constantFrom('rr', 'lc', 'mh'),
  schedulerFlags: fc.constantFrom('', '', 'port'),
  persistenceTimeout: fc.constantFrom(0, 60),
});

/** What traffic sets hold, and who may reach a frontend. */
const treatment: fc.Arbitrary<Pick<PacketPolicy, 'traffic' | 'sources'>> = fc
  .record({
    members: fc.tuple(...TRAFFIC_SETS.map(() => fc.subarray(OUTSIDE, { maxLength: 3 }))),
    sources: fc.subarray(
      OUTSIDE.flatMap((front) => sourcesFor(front).map((cidr) => ({ front, cidr }))),
      {
        maxLength: 3,
      },
    ),
  })
  .map(({ members, sources }) => {
    const state = new DataplaneState();
    for (const { front, cidr } of sources) state.policy.allow(front, cidr);
    const traffic = eachTrafficSet((set) => byKey(members[TRAFFIC_SETS.indexOf(set)] ?? []));
    return { traffic, sources: state.policy.sources };
  });

function sourcesFor({ address }: Frontend): Cidr[] {
  const texts = familyOf(address) === 'IPv4' ? ['192.0.2.0', '198.51.100.0'] : ['2001:db8::'];
  return texts.flatMap((text) => {
    const first = parseAddress(text);
    return first === undefined
      ? []
      : [{ text: `${text}/24`, family: familyOf(first), address: first, prefix: 24 }];
  });
}

/** What `desired/` may ask for: every virtual server has a usable server, a ledger entry and an open gate. */
export const desiredPlane: fc.Arbitrary<Dataplane> = fc
  .record({
    servers: eachFrontend((front) => fc.option(virtualServer(front, 1), { nil: undefined })),
    vips: fc.subarray([...VIPS]),
    owner: fc.constantFrom('default/web:http', 'default/other'),
    treatment,
  })
  .map(({ servers, vips, owner, treatment }) => {
    const chosen = present(servers);
    const bound = new Set([...vips, ...chosen.map(({ frontend }) => frontend.address)]);
    const fronts = chosen.map((server) => server.frontend);
    return {
      virtualServers: new Map(chosen.map((server) => [server.frontend.key, server])),
      bound,
      policy: {
        guarded: bound,
        owned: new Map(fronts.map((front) => [front.key, { frontend: front, owner }])),
        open: byKey(fronts),
        ...treatment,
        traffic: {
          ...treatment.traffic,
          'node-local': withoutServers(treatment.traffic['node-local'], fronts),
        },
      },
    };
  });

// What is left to a process of the node has no virtual server.
function withoutServers(
  nodeLocal: ReadonlyMap<FrontendKey, Frontend>,
  served: readonly Frontend[],
): Map<FrontendKey, Frontend> {
  const keys = new Set(served.map(({ key }) => key));
  return new Map([...nodeLocal].filter(([key]) => !keys.has(key)));
}

/** Servers of another program hold these, whatever the observed plane says of the same keys. */
export interface ObservedScene {
  readonly observed: DataplaneState;
  readonly foreign: readonly VirtualServer[];
}

/**
 * Whatever a look may find after crashes, hand-made changes and drains: each part present or not on its own, servers
 * without a ledger entry, entries and gates without a server, addresses without guard.
 */
export const observedScene: fc.Arbitrary<ObservedScene> = fc
  .record({
    servers: eachFrontend((front) => fc.option(virtualServer(front, 0), { nil: undefined })),
    foreign: fc.subarray([...FRONTENDS], { maxLength: 2 }),
    owned: fc.subarray([...FRONTENDS]),
    open: fc.subarray([...FRONTENDS]),
    bound: fc.subarray([...VIPS]),
    guarded: fc.subarray([...VIPS]),
    treatment,
  })
  .map(({ servers, foreign, owned, open, bound, guarded, treatment }) => {
    const theirs = new Set(foreign.map(({ key }) => key));
    const isOurs = ({ key }: Frontend) => !theirs.has(key);
    const policy: PacketPolicy = {
      guarded: new Set(guarded),
      owned: new Map(
        owned.filter(isOurs).map((front) => [front.key, { frontend: front, owner: 'default/web:http' }]),
      ),
      open: byKey(open.filter(isOurs)),
      ...treatment,
    };
    const observed = new DataplaneState();
    for (const server of present(servers))
      if (isOurs(server.frontend))
        observed.putVirtualServer({ ...server, realServers: new RealServerList(server.realServers) });
    observed.putAddressesAndSets({ bound: new Set(bound), policy });
    for (const key of theirs) observed.foreign.add(key);
    return { observed, foreign: foreign.map(foreignServer) };
  });

/** A virtual server that another program made. */
export function foreignServer(front: Frontend): VirtualServer {
  const pod = familyOf(front.address) === 'IPv4' ? POD_1 : POD_1_6;
  return {
    frontend: front,
    settings: settings('wlc', 7),
    realServers: new RealServerList([realServer(pod, 9_999, 5)]),
  };
}

function virtualServer(front: Frontend, least: 0 | 1): fc.Arbitrary<VirtualServer> {
  return fc
    .record({ settings: someSettings, realServers: realServers(front.address, least) })
    .map((parts) => ({ frontend: front, ...parts }));
}

function realServers(vip: Address, least: 0 | 1): fc.Arbitrary<RealServers> {
  const pods = PODS.filter((pod) => familyOf(pod) === familyOf(vip));
  return fc
    .subarray(pods, { minLength: least })
    .chain((chosen) => fc.tuple(...chosen.map((pod) => weighted(pod, least))))
    .map((servers) => new RealServerList(servers));
}

function weighted(pod: Address, least: 0 | 1): fc.Arbitrary<RealServer> {
  return fc.integer({ min: least, max: 2 }).map((weight) => realServer(pod, 8_080, weight));
}

function eachFrontend<T>(arbitrary: (front: Frontend) => fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.tuple(...FRONTENDS.map(arbitrary));
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

function byKey(fronts: readonly Frontend[]): Map<FrontendKey, Frontend> {
  return new Map(fronts.map((front) => [front.key, front]));
}
