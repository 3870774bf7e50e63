import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/address.js';
import { type AllowedSources, TRAFFIC_SETS } from '../../src/model/dataplane.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import { type FrontendKey, outsideKey } from '../../src/model/frontend.js';
import type { Service, ServicePort } from '../../src/model/service.js';
import { address } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { anEndpoint, aService, aSlice } from '../support/objects.js';

/** The soak: `HOSTILE_CASES=100000 npx vitest run --project unit test/reconcile/hostile-objects`. */
const CASES = Number(process.env.HOSTILE_CASES ?? 100);

/** Small, so that what goes past it is quickly made; what is counted grows with it and nothing else. */
const MOST_FRONTENDS = 12;
const MOST_ENDPOINTS = 6;
const NODE = { maxFrontends: MOST_FRONTENDS, stickyScheduler: 'mh', smallStickyScheduler: 'sh' } as const;
/**
 * For each frontend, its view and each of their servers: own, add, open, three sets, sources, bind and guard; then the
 * servers.
 */
const OPERATIONS_PER_FRONTEND = 2 * (10 + 2 * MOST_ENDPOINTS);

const HERE = address('172.18.0.2');
const ORDINARY_IPS = Array.from({ length: 10 }, (_, index) => address(`10.96.1.${index + 1}`));
const BALANCED = address('198.51.100.7');

/** Ten Services as they are everywhere, younger than any hostile one. */
const ORDINARY = ORDINARY_IPS.flatMap((clusterIP, index): (Service | EndpointSlice)[] => {
  const over: Partial<Service> = [
    {},
    { ports: [{ ...http(), nodePort: 30_001 }] },
    {
      loadBalancerIPs: [BALANCED],
      externalPolicy: 'Local' as const,
      ports: [{ ...http(), nodePort: 30_002 }],
    },
    { affinityTimeout: 60, ports: [{ ...http(), nodePort: 30_003 }] },
    { internalPolicy: 'Local' as const },
  ][index % 5] as Partial<Service>;
  const isFirst = index < 5;
  const endpoints = [1, 2].map((pod) =>
    anEndpoint(address(`10.244.${pod}.${index + 1}`), { node: `node-${pod}` }),
  );
  return [
    aService(`ordinary-${index}`, [clusterIP], { created: 1_000 + index, ...(isFirst && over) }),
    aSlice(`ordinary-${index}`, [], { endpoints }),
  ];
});

function http(): ServicePort {
  return { name: 'http', protocol: 'TCP', port: 80, nodePort: 0 };
}

const somewhere = fc.nat(60).map((last) => address(`20.0.0.${last}`));
/** What others have, or nobody. */
const claimed = fc.oneof(fc.constantFrom(...ORDINARY_IPS, HERE, BALANCED), somewhere);
const port: fc.Arbitrary<ServicePort> = fc.record({
  name: fc.constantFrom('http', 'x', ''),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
  port: fc.constantFrom(80, 81, 443, 30_001, 30_002, 30_003, 65_535),
  nodePort: fc.constantFrom(0, 0, 31_000, 31_001),
});
const policy = fc.constantFrom('Cluster' as const, 'Local' as const);

const hostileService = (name: string): fc.Arbitrary<Service> =>
  fc
    .record({
      externalIPs: fc.uniqueArray(claimed, { maxLength: 40 }),
      ports: fc.array(port, { minLength: 1, maxLength: 20 }),
      internalPolicy: policy,
      externalPolicy: policy,
      affinityTimeout: fc.constantFrom(0, 1, 86_400),
      created: fc.nat(500),
      slowStart: fc.constantFrom(0, 0, 86_400),
      drainDeadline: fc.constantFrom(0, 86_400),
      scheduler: fc.constantFrom('rr', 'mh', 'sh', 'nosuch'),
    })
    .map((over) => aService(name, [address(`10.96.2.${name.length}`)], over));

const hostileSlice = (service: string): fc.Arbitrary<EndpointSlice> =>
  fc
    .record({
      pods: fc.uniqueArray(fc.nat(200), { maxLength: MOST_ENDPOINTS }),
      ports: fc.array(
        fc.record({
          name: fc.constantFrom('http', 'x', ''),
          protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
          port: fc.constantFrom(1, 80, 8_080),
        }),
        { maxLength: 3 },
      ),
      node: fc.constantFrom('node-1', 'node-2', undefined),
    })
    .map(({ pods, ports, node }) => {
      const endpoints = pods.map((pod) =>
        anEndpoint(address(`10.245.0.${pod}`), node === undefined ? {} : { node }),
      );
      return aSlice(service, [], { ports, endpoints });
    });

const hostile = fc
  .integer({ min: 1, max: 4 })
  .chain((count) => {
    const names = Array.from({ length: count }, (_, index) => `h${'x'.repeat(index)}`);
    return fc.tuple(...names.flatMap((name) => [hostileService(name), hostileSlice(name)]));
  })
  .map((objects) => objects as (Service | EndpointSlice)[]);

async function agentWith(...objects: readonly (Service | EndpointSlice)[]) {
  const kernel = new FakeKernel();
  kernel.setNodeAddresses([HERE]);
  const source = new HandSource();
  source.put(...objects);
  const agent = testAgent(kernel, source, {}, { node: NODE });
  await agent.start();
  return { kernel, agent, source };
}

/** Everything that the kernel has of these frontends, without marks. */
function stateOf({ state: { virtualServers, policy, bound } }: FakeKernel, keys: Iterable<FrontendKey>) {
  const treated = (key: FrontendKey) => TRAFFIC_SETS.filter((set) => policy.traffic[set].has(key));
  const sourcesOf = (sources: AllowedSources | undefined) => [...(sources?.cidrs.keys() ?? [])];
  return [...keys].map((key) => {
    const server = virtualServers.get(key);
    return {
      key,
      settings: server?.settings,
      servers: [...(server?.realServers ?? [])],
      owner: policy.owned.get(key)?.owner,
      isOpen: policy.open.has(key),
      isBound: bound.has(server?.frontend.address as Address),
      isGuarded: policy.guarded.has(server?.frontend.address as Address),
      treated: treated(key),
      sources: sourcesOf(policy.sources.get(key)),
    };
  });
}

describe(`of ${CASES} sets of hostile Services and slices`, () => {
  it(
    'none changes anything for ten ordinary ones, and each costs no more than it may',
    async () => {
      const alone = await agentWith(...ORDINARY);
      const keys = [...alone.kernel.state.policy.owned.keys()];
      const expected = stateOf(alone.kernel, keys);
      expect(keys.filter((key) => outsideKey(key) !== key)).not.toEqual([]);
      await fc.assert(
        fc.asyncProperty(hostile, fc.boolean(), async (objects, isFirst) => {
          const { kernel, agent, source } = await agentWith(...(isFirst ? objects : []), ...ORDINARY);
          source.put(...objects);
          for (let round = 0; round < 3; round++) await agent.loop.idle();
          expect(stateOf(kernel, keys)).toEqual(expected);
          const services = objects.length / 2;
          const { virtualServers } = kernel.state;
          expect(virtualServers.size - keys.length).toBeLessThanOrEqual(services * MOST_FRONTENDS);
          expect(agent.desired.markCount).toBeLessThanOrEqual(virtualServers.size);
          const cost = kernel.log.length - alone.kernel.log.length;
          expect(cost).toBeLessThanOrEqual(services * MOST_FRONTENDS * OPERATIONS_PER_FRONTEND);
          expect(agent.loop.state().problems.length).toBeLessThanOrEqual(11 * services);
          for (const object of objects) if (!('endpoints' in object)) source.deleteService(object);
          for (let round = 0; round < 3; round++) await agent.loop.idle();
          expect(stateOf(kernel, keys)).toEqual(expected);
        }),
        { numRuns: CASES },
      );
    },
    Math.max(60_000, CASES * 100),
  );
});
