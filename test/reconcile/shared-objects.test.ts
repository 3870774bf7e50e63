import { expect, it } from 'vitest';
import type { Dataplane } from '../../src/model/dataplane.js';
import { type FrontendKey, isInsideKey } from '../../src/model/frontend.js';
import { address, POD_1, POD_2, POD_3, VIP_A } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { anEndpoint, aService, aSlice } from '../support/objects.js';

const EXTERNAL = address('192.0.2.10');

function source(): HandSource {
  const services = new HandSource();
  services.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
  services.put(
    aService('local', [], { externalIPs: [EXTERNAL], externalPolicy: 'Local' }),
    aSlice('local', [POD_3], { endpoints: [anEndpoint(POD_3, { node: 'node-1' })] }),
  );
  return services;
}

/** Every object of which a large cluster has many. */
function objectsOf({ virtualServers, policy }: Dataplane): Set<object> {
  return new Set([
    ...virtualServers.values(),
    ...[...virtualServers.values()].flatMap(({ frontend, realServers }) => [frontend, realServers]),
    ...policy.owned.values(),
    ...policy.open.values(),
  ]);
}

it('an agent that has programmed everything holds none of it beside what it wants', async () => {
  const agent = testAgent(new FakeKernel(), source());
  await agent.start();
  const wanted = objectsOf(agent.desired);
  expect([...objectsOf(agent.loop.observed)].filter((object) => !wanted.has(object))).toEqual([]);
});

it('a Service that has changed and been programmed is held once again, and changes by itself', async () => {
  const services = source();
  const agent = testAgent(new FakeKernel(), services);
  await agent.start();
  for (const pods of [[POD_1, POD_2, POD_3], [POD_3]]) {
    services.put(aSlice('web', pods));
    await agent.loop.idle();
    const [web] = [...agent.desired.virtualServers.values()].filter(
      ({ frontend }) => frontend.address === VIP_A,
    );
    expect(web?.realServers.size).toBe(pods.length);
    const seen = agent.loop.observed.virtualServers.get(web?.frontend.key as FrontendKey);
    // Those that drain are not wanted: until they are gone the list is another.
    expect(seen === web).toBe(pods.length === 3);
  }
});

it('an agent that finds everything programmed holds none of it beside what it wants', async () => {
  const kernel = new FakeKernel();
  const first = testAgent(kernel, source());
  await first.start();
  await first.loop.stop();
  kernel.log.length = 0;
  const agent = testAgent(kernel, source());
  await agent.start();
  expect(kernel.log).toEqual([]);
  const wanted = objectsOf(agent.desired);
  const known = objectsOf(agent.loop.observed);
  // Of three frontends: each itself, its virtual server, its real servers and its entry in the ledger.
  expect(known.size).toBe(12);
  expect([...known].filter((object) => !wanted.has(object))).toEqual([]);
  expect([...agent.desired.virtualServers.keys()].some(isInsideKey)).toBe(true);
});

it('what is otherwise in the kernel than wanted stays as it is seen until it is put right', async () => {
  const kernel = new FakeKernel();
  const first = testAgent(kernel, source());
  await first.start();
  await first.loop.stop();
  const services = source();
  services.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
  const agent = testAgent(kernel, services);
  await agent.start();
  const [web] = [...agent.loop.observed.virtualServers.values()].filter(
    ({ frontend }) => frontend.address === VIP_A,
  );
  // POD_2 drains.
  expect([...(web?.realServers ?? [])].map((server) => `${server.address} ${server.weight}`).sort()).toEqual([
    `${POD_1} 1`,
    `${POD_2} 0`,
  ]);
});
