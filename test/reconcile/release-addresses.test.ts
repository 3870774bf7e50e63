import { describe, expect, it } from 'vitest';
import { NO_FACTS } from '../../src/model/cluster-facts.js';
import { frontend } from '../../src/model/frontend.js';
import { operationText } from '../../src/model/operation.js';
import { RealServerList, realServer } from '../../src/model/real-server.js';
import type { VirtualServer } from '../../src/model/virtual-server.js';
import { leaveReserved, releaseAddresses } from '../../src/reconcile/removal.js';
import { address, POD_1, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { aService, aSlice, settings } from '../support/objects.js';

const SERVER = address('192.0.2.10');
const CLAIMED = frontend(SERVER, 80, 'TCP');

/** What an agent programmed that did not know that the API server is at the address. */
async function programmed(name: string, claimed = SERVER): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  const source = new HandSource();
  source.put(aService(name, [VIP_A], { externalIPs: [claimed] }), aSlice(name, [POD_1]));
  source.put(aService('other', [VIP_B]), aSlice('other', [POD_1]));
  const agent = testAgent(kernel, source);
  await agent.start();
  await agent.loop.stop();
  expect(kernel.state.bound.has(claimed)).toBe(true);
  return kernel;
}

const leftAt = ({ state }: FakeKernel) =>
  [
    ...state.bound,
    ...state.policy.guarded,
    ...state.virtualServers.keys(),
    ...state.policy.owned.keys(),
    ...state.policy.open.keys(),
    ...state.policy.traffic.masqueraded.keys(),
  ].filter((text) => text.startsWith(SERVER));

describe('what an earlier agent bound at an address that the node needs', () => {
  it('goes at once with all that is at it, before its Service is known, and nothing else goes', async () => {
    const kernel = await programmed('web');
    const others = kernel.state.virtualServers.size;
    const { done, warnings } = await releaseAddresses(kernel, [SERVER], false);
    expect(leftAt(kernel)).toEqual([]);
    expect(kernel.state.virtualServers.size).toBe(others - 1);
    expect([...kernel.state.bound].sort()).toEqual([VIP_A, VIP_B]);
    expect([done, warnings]).toEqual([[expect.stringContaining(SERVER)], []]);
  });

  it('goes though connections remain', async () => {
    const kernel = await programmed('web');
    kernel.setActivity(CLAIMED.key, realServer(POD_1, 8080, 1).key, { active: 1, inactive: 0 });
    await releaseAddresses(kernel, [SERVER], false);
    expect(leftAt(kernel)).toEqual([]);
  });

  it('stays where the API server has its own Service: who comes that way is told so instead', async () => {
    const kernel = await programmed('kubernetes');
    const before = leftAt(kernel);
    expect((await releaseAddresses(kernel, [SERVER], false)).done).toEqual([]);
    expect(leftAt(kernel)).toEqual(before);
  });

  it('is not looked for among the virtual servers where nothing is held', async () => {
    const kernel = await programmed('web');
    const observed = countObservations(kernel);
    const written = kernel.log.length;
    await releaseAddresses(kernel, [address('192.0.2.99')], false);
    await releaseAddresses(kernel, [], false);
    expect([observed(), kernel.log.length]).toEqual([0, written]);
  });

  it('carries NodePorts where it is an unguarded address of the node itself, and those stay', async () => {
    const kernel = new FakeKernel();
    kernel.setNodeAddresses([SERVER]);
    const source = new HandSource();
    const ports = [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30_080 }] as const;
    source.put(aService('web', [VIP_A], { ports }), aSlice('web', [POD_1]));
    const agent = testAgent(kernel, source);
    await agent.start();
    await agent.loop.stop();
    const before = leftAt(kernel);
    expect(before.length).toBeGreaterThan(0);
    await releaseAddresses(kernel, [SERVER], false);
    expect(leftAt(kernel)).toEqual(before);
  });
});

describe('what kube-proxy bound at such an address', () => {
  function kernelOfKubeProxy(): FakeKernel {
    const kernel = new FakeKernel();
    const server: VirtualServer = {
      frontend: frontend(SERVER, 6443, 'TCP'),
      settings: settings('rr'),
      realServers: new RealServerList([realServer(POD_1, 8080, 1)]),
    };
    kernel.foreign.set(server.frontend.key, server);
    kernel.state.bound.add(SERVER);
    return kernel;
  }

  it('goes where this agent takes over from it, with its virtual servers', async () => {
    const kernel = kernelOfKubeProxy();
    await releaseAddresses(kernel, [SERVER], true);
    expect([kernel.state.bound.size, kernel.foreign.size]).toEqual([0, 0]);
  });

  it('is left alone where it does not', async () => {
    const kernel = kernelOfKubeProxy();
    await releaseAddresses(kernel, [SERVER], false);
    expect([kernel.state.bound.size, kernel.log.map(operationText)]).toEqual([1, []]);
  });
});

describe('before the agent begins', () => {
  it('the addresses that the node needs are left first, since the way to the API server may be found by one of them', async () => {
    const kernel = await programmed('web');
    kernel.setReservedAddresses([{ address: SERVER, use: 'resolver', port: 0 }]);
    const leftWhenAsked: string[] = [];
    const way = [{ address: VIP_B, use: 'api-server', port: 6443 }] as const;
    const released: string[] = [];
    const found = await leaveReserved(
      kernel,
      false,
      async () => {
        leftWhenAsked.push(...leftAt(kernel));
        return way;
      },
      ({ done }) => released.push(...done),
    );
    expect([found, leftWhenAsked]).toEqual([way, []]);
    expect(released.map((sentence) => sentence.split(' ')[1])).toEqual([SERVER, VIP_B]);
  });
});

describe('an address that turns out to be needed while the agent runs', () => {
  it('goes although the source has not sent everything, whose fault that may be, and though connections remain', async () => {
    const kernel = await programmed('web');
    kernel.setActivity(CLAIMED.key, realServer(POD_1, 8080, 1).key, { active: 1, inactive: 0 });
    const source = new HandSource();
    const { loop } = testAgent(kernel, source);
    loop.begin();
    await loop.idle();
    expect(leftAt(kernel)).not.toEqual([]);
    loop.factsChanged({ ...NO_FACTS, serverAddresses: [{ address: SERVER, use: 'api-server', port: 6443 }] });
    await loop.idle();
    expect(leftAt(kernel)).toEqual([]);
    expect([...kernel.state.bound].sort()).toEqual([VIP_A, VIP_B]);
  });

  it('goes when the node gets another gateway, and is not bound again', async () => {
    const kernel = await programmed('web');
    const source = new HandSource();
    source.put(aService('web', [VIP_A], { externalIPs: [SERVER] }), aSlice('web', [POD_1]));
    const agent = testAgent(kernel, source);
    await agent.start();
    kernel.setReservedAddresses([{ address: SERVER, use: 'gateway', port: 0 }]);
    await agent.converge();
    expect(leftAt(kernel)).toEqual([]);
    expect(agent.desired.problems).toHaveLength(1);
  });

  it('goes within some minutes where nobody tells of the other gateway', async () => {
    const kernel = await programmed('web');
    const source = new HandSource();
    source.put(aService('web', [VIP_A], { externalIPs: [SERVER] }), aSlice('web', [POD_1]));
    const { start, loop, clock } = testAgent(kernel, source);
    await start();
    const { own } = await kernel.nodeAddresses();
    kernel.nodeAddresses = async () => ({ own, reserved: [{ address: SERVER, use: 'gateway', port: 0 }] });
    clock.advance(60_000);
    await loop.idle();
    for (let n = 0; n < 5 && leftAt(kernel).length > 0; n++) {
      clock.advance(60_000);
      await loop.idle();
    }
    expect(leftAt(kernel)).toEqual([]);
  });

  it("does not take the API server's own Service away before it is known", async () => {
    const kernel = await programmed('kubernetes');
    const { loop, desired } = testAgent(kernel, new HandSource());
    desired.setFacts({ ...NO_FACTS, serverAddresses: [{ address: SERVER, use: 'api-server', port: 443 }] });
    loop.begin();
    await loop.idle();
    expect(leftAt(kernel)).not.toEqual([]);
  });
});

/** How often all virtual servers were looked at. */
function countObservations(kernel: FakeKernel): () => number {
  let count = 0;
  const observe = kernel.observe.bind(kernel);
  kernel.observe = (remembered) => {
    count++;
    return observe(remembered);
  };
  return () => count;
}
