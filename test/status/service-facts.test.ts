import { describe, expect, it } from 'vitest';
import { atOnce } from '../../src/model/clock.js';
import type { LiveLook } from '../../src/model/cluster-source.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import type { Service } from '../../src/model/service.js';
import { serviceKey } from '../../src/model/service-key.js';
import { serviceAnswer } from '../../src/status/service-facts.js';
import { address, POD_1, POD_2, VIP_A, VIP_B } from '../support/addresses.js';
import { type TestAgent, testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { anEndpoint, aService, aSlice } from '../support/objects.js';

const BALANCER = address('198.51.100.1');

async function started(...objects: readonly (Service | EndpointSlice)[]): Promise<TestAgent> {
  const agent = testAgent(new FakeKernel());
  agent.source.put(...objects);
  await agent.start();
  return agent;
}

function ask(agent: TestAgent, query: Record<string, string>, lookUp?: () => Promise<LiveLook>) {
  const { source, desired, loop } = agent;
  return serviceAnswer(new URLSearchParams(query), {
    version: '1.0.0',
    source: { view: source.view, ...(lookUp && { lookUp }) },
    desired,
    state: () => loop.state(),
    unmet: () => atOnce(loop.unmetFrontends()),
  });
}

describe('what the agent knows of one Service', () => {
  const web = aService('web', [VIP_A], { loadBalancerIPs: [BALANCER], externalPolicy: 'Local' });
  const slice = aSlice('web', [], {
    endpoints: [anEndpoint(POD_1), anEndpoint(POD_2, { ready: false, serving: false })],
  });

  it('is what its slices say, and what was decided, with the view of clients inside', async () => {
    const agent = await started(web, slice);
    const { agent: about, found } = await ask(agent, { name: 'default/web' });
    expect(about).toMatchObject({ node: 'node-1', complete: true, synced: true, sourceAway: undefined });
    expect(found?.endpoints.map(({ address: pod, ready }) => [pod, ready])).toEqual([
      [POD_1, true],
      [POD_2, false],
    ]);
    const shown = found?.frontends.map(({ key, kind, state, traffic, desired }) => [
      key,
      kind,
      state,
      traffic.join(),
      desired?.servers.map((server) => server.key).join(),
    ]);
    expect(shown).toEqual([
      [`${VIP_A}:80/TCP`, 'cluster', 'programmed', '', '10.244.0.1:8080'],
      [`${BALANCER}:80/TCP`, 'balancer', 'programmed', 'source-kept,dropped', undefined],
      [`${BALANCER}:80/TCP+inside`, 'balancer', 'programmed', '', '10.244.0.1:8080'],
    ]);
  });

  it('is found by an address, of whichever kind, and by its port', async () => {
    const agent = await started(web, slice);
    for (const query of [{ address: VIP_A }, { address: BALANCER, port: '80' }])
      expect((await ask(agent, query)).found?.service).toBe('default/web');
    expect((await ask(agent, { address: VIP_B })).found).toBeUndefined();
  });

  it('names who has what it asks for', async () => {
    const late = aService('late', [VIP_B], { loadBalancerIPs: [BALANCER], externalIPs: [VIP_A], created: 9 });
    const { found } = await ask(await started(web, slice, late), { name: 'default/late' });
    expect(found?.heldElsewhere).toEqual([{ address: VIP_A, service: 'default/web' }]);
    const lost = found?.frontends.find(({ address: vip }) => vip === BALANCER);
    expect(lost).toMatchObject({ state: 'conflict', holder: 'default/web' });
  });

  it('goes over a socket as JSON unharmed', async () => {
    const answer = await ask(await started(web, slice), { name: 'default/web' });
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
  });

  it('is what the API server alone has, where the agent does not know it', async () => {
    const service = {
      type: 'ClusterIP',
      proxyName: 'cilium',
      leftAlone: { because: 'of its label', isOtherProxys: true },
      selector: undefined,
      targetPorts: {},
    };
    const lookUp = async () => ({ service, isBehind: false });
    const { found } = await ask(await started(), { name: 'default/web' }, lookUp);
    expect(found).toMatchObject({
      service: 'default/web',
      known: undefined,
      live: { proxyName: 'cilium' },
      frontends: [],
    });
  });

  it('is what was received last where the API server is away, and that is said', async () => {
    const agent = await started(web, slice);
    const away = () => Promise.reject(new Error('nobody answers.'));
    const { agent: about, found } = await ask(agent, { name: 'default/web' }, away);
    expect([about.sourceAway, found?.service, found?.live]).toEqual([
      'nobody answers.',
      'default/web',
      undefined,
    ]);
  });

  it('is nothing for an unknown one, and those near to it are named', async () => {
    const { found, nearest } = await ask(await started(web, slice), { name: 'default/wbe' });
    expect([found, nearest]).toEqual([undefined, [serviceKey('default', 'web')]]);
  });
});
