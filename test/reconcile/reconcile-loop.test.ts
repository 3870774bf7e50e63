import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { operationText, singly } from '../../src/model/operation.js';
import { NO_SERVERS, realServer } from '../../src/model/real-server.js';
import { serviceKey } from '../../src/model/service-key.js';
import type { LoopListener } from '../../src/reconcile/reconcile-loop.js';
import { address, POD_1, POD_2, POD_3, VIP_A, VIP_B } from '../support/addresses.js';
import { type TestAgent, testAgent } from '../support/agent.js';
import { dataplaneText, serverLines } from '../support/dataplane-text.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { aService, aSlice, HTTP, settings } from '../support/objects.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const serverKey = (address: typeof POD_1) => realServer(address, 8080, 1).key;

async function agentWithOneService(kernel = new FakeKernel()) {
  const agent = testAgent(kernel);
  agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
  await agent.start();
  return { agent, kernel };
}

const weights = (kernel: FakeKernel) =>
  [...(kernel.state.virtualServers.get(FRONT.key)?.realServers ?? [])].map(
    ({ key, weight }) => `${key} ${weight}`,
  );

describe('a pass', () => {
  it('tells each write with the answer of the kernel, and the sums in its record', async () => {
    const reported: string[] = [];
    const performed: LoopListener['performed'] = (operations, outcomes) =>
      reported.push(
        ...operations.flatMap((operation, index) =>
          singly([operation]).map((single) => `${outcomes[index]?.kind} ${operationText(single)}`),
        ),
      );
    const kernel = new FakeKernel();
    const agent = testAgent(kernel, undefined, {}, { performed });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    await agent.start();
    expect(reported).toEqual(kernel.log.map((operation) => `done ${operationText(operation)}`));
    const sum = [...(agent.reports[0]?.done.values() ?? [])].reduce((total, count) => total + count, 0);
    expect(sum).toBe(reported.length);
  });

  it('is not in sync before the kernel has acknowledged the last of it', async () => {
    const answers: boolean[] = [];
    const performed = () => answers.push(agent.loop.state().synced);
    const agent: TestAgent = testAgent(new FakeKernel(), undefined, {}, { performed });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    expect([answers.length > 0, answers.includes(true), agent.loop.state().synced]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('the first pass', () => {
  it('programs policy, virtual server, real servers, VIP and gate in the order that exposes nothing unfinished', async () => {
    const { kernel } = await agentWithOneService();
    expect(kernel.log.map(operationText)).toEqual([
      'own-frontend 10.96.0.10:80/TCP for default/web:http',
      'guard-vip 10.96.0.10',
      'add-virtual-server 10.96.0.10:80/TCP rr',
      'add-real-server 10.96.0.10:80/TCP 10.244.0.1:8080 weight 1',
      'add-real-server 10.96.0.10:80/TCP 10.244.0.2:8080 weight 1',
      'bind-vip 10.96.0.10',
      'open-frontend 10.96.0.10:80/TCP',
    ]);
  });

  it('removes nothing of a Service that comes while the others are still being decided', async () => {
    const { kernel } = await agentWithOneService();
    const before = kernel.log.length;
    const agent = testAgent(kernel);
    const { source, loop, clock } = agent;
    source.put(aService('other', [VIP_B]), aSlice('other', [POD_3]));
    source.tell(loop);
    // So slow that the event loop has its turn after every Service.
    let now = 0;
    clock.now = () => (now += 100);
    const { look } = source.view;
    const later = new Map([
      ['default/other', () => source.put(aService('late', []))],
      ['default/late', () => source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]))],
    ]);
    source.view.look = (key) => {
      const tell = later.get(key);
      later.delete(key);
      queueMicrotask(() => {
        if (tell === undefined) return;
        tell();
        source.complete = later.size === 0;
        source.tell(loop);
      });
      return look.call(source.view, key);
    };
    loop.begin();
    await loop.idle();
    const written = kernel.log.slice(before).map(operationText);
    expect(written).toContain('open-frontend 10.96.0.11:80/TCP');
    expect(written.filter((text) => text.includes(VIP_A))).toEqual([]);
    await loop.stop();
  });

  it('waits until the source has had its first look', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    agent.loop.wake();
    await agent.loop.idle();
    expect(kernel.log).toEqual([]);
  });

  it('programs the API server Service through all stages before any other', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    agent.source.put(
      aService('web', [VIP_A]),
      aSlice('web', [POD_1]),
      aService('kubernetes', [VIP_B]),
      aSlice('kubernetes', [POD_2]),
    );
    await agent.start();
    const order = kernel.log.map(operationText);
    expect(order.indexOf('open-frontend 10.96.0.11:80/TCP')).toBeLessThan(
      order.indexOf('own-frontend 10.96.0.10:80/TCP for default/web:http'),
    );
  });
});

describe('a source that could not tell everything', () => {
  it('adds what it knows and removes nothing until it is complete', async () => {
    const { kernel } = await agentWithOneService();
    const agent = testAgent(kernel);
    agent.source.put(aService('other', [VIP_B]), aSlice('other', [POD_3]));
    agent.loop.begin();
    agent.source.tell(agent.loop);
    await agent.loop.idle();
    expect([...kernel.state.policy.open.keys()]).toEqual(['10.96.0.10:80/TCP', '10.96.0.11:80/TCP']);
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 1', '10.244.0.2:8080 1']);
    agent.source.complete = true;
    agent.loop.changed([]);
    await agent.loop.idle();
    expect([...kernel.state.policy.open.keys()]).toEqual(['10.96.0.11:80/TCP']);
  });
});

describe('a restart', () => {
  it('writes nothing where nothing has changed', async () => {
    const { kernel } = await agentWithOneService();
    kernel.log.length = 0;
    await agentWithOneService(kernel);
    expect(kernel.log).toEqual([]);
  });

  it('removes what has gone while the agent was away', async () => {
    const { kernel } = await agentWithOneService();
    const agent = testAgent(kernel);
    agent.source.put(aService('other', [VIP_B]), aSlice('other', [POD_3]));
    await agent.start();
    await agent.converge();
    kernel.setActivity(FRONT.key, serverKey(POD_1), { active: 0, inactive: 0 });
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 0, inactive: 0 });
    agent.clock.advance(1_000);
    await agent.loop.idle();
    expect([...kernel.state.virtualServers.keys()]).toEqual(['10.96.0.11:80/TCP']);
    expect([...kernel.state.bound]).toEqual([VIP_B]);
  });

  it('gives a server its weight back that was draining when the agent died', async () => {
    const { kernel } = await agentWithOneService();
    kernel.state.acknowledge({
      kind: 'set-real-server',
      frontend: FRONT,
      server: realServer(POD_1, 8080, 0),
    });
    kernel.log.length = 0;
    await agentWithOneService(kernel);
    expect(kernel.log.map(operationText)).toEqual([
      'set-real-server 10.96.0.10:80/TCP 10.244.0.1:8080 weight 1',
    ]);
  });
});

describe('a changed endpoint', () => {
  it('costs one addition and one weight, whatever else exists', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.log.length = 0;
    agent.source.put(
      aSlice('web', [POD_1, POD_3], {
        endpoints: [POD_1, POD_3].map((address) => ({
          address,
          ready: true,
          serving: true,
          terminating: false,
          node: address === POD_3 ? 'node-2' : 'node-1',
        })),
      }),
    );
    await agent.loop.idle();
    expect(kernel.log.map(operationText)).toEqual([
      'add-real-server 10.96.0.10:80/TCP 10.244.0.3:8080 weight 1',
      'set-real-server 10.96.0.10:80/TCP 10.244.0.2:8080 weight 0',
    ]);
  });

  it('drains: the server is deleted when its connections are gone', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 1, inactive: 3 });
    agent.source.put(aSlice('web', [POD_1]));
    await agent.loop.idle();
    agent.clock.advance(1_000);
    await agent.loop.idle();
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 1', '10.244.0.2:8080 0']);
    expect(agent.loop.state().drains).toMatchObject([{ frontend: FRONT.key, server: '10.244.0.2:8080' }]);
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 0, inactive: 0 });
    agent.clock.advance(1_000);
    await agent.loop.idle();
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 1']);
    expect(agent.loop.state().drains).toEqual([]);
    expect(agent.reports.at(-1)?.drainsEnded).toEqual(new Map([['idle', 1]]));
  });

  it('drains: the server is deleted at the deadline although connections remain', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel, undefined, { drainDeadline: 30_000 });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    await agent.start();
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 1, inactive: 0 });
    agent.source.put(aSlice('web', [POD_1]));
    await agent.loop.idle();
    for (let second = 0; second < 29; second++) {
      agent.clock.advance(1_000);
      await agent.loop.idle();
    }
    expect(weights(kernel)).toHaveLength(2);
    agent.clock.advance(1_000);
    await agent.loop.idle();
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 1']);
  });

  /** Seconds until the server that drains is gone. */
  async function secondsToDrain({ clock, loop }: TestAgent, kernel: FakeKernel): Promise<number> {
    let seconds = 0;
    for (; weights(kernel).length > 1 && seconds < 1_000; seconds++) {
      clock.advance(1_000);
      await loop.idle();
    }
    return seconds;
  }

  it('drains as long as its Service asks for, and when that is changed for so long', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    const web = aService('web', [VIP_A], { drainDeadline: 600 });
    agent.source.put(web, aSlice('web', [POD_1, POD_2]));
    await agent.start();
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 1, inactive: 0 });
    agent.source.put(aSlice('web', [POD_1]));
    await agent.loop.idle();
    expect(agent.loop.state().drains).toMatchObject([{ left: 600_000 }]);
    agent.source.put({ ...web, drainDeadline: 20 });
    await agent.loop.idle();
    expect(await secondsToDrain(agent, kernel)).toBe(20);
  });

  it('drains as long as its Service asked for when the Service is deleted with it', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    const web = aService('web', [VIP_A], { drainDeadline: 7 });
    agent.source.put(web, aSlice('web', [POD_1, POD_2]));
    await agent.start();
    for (const pod of [POD_1, POD_2])
      kernel.setActivity(FRONT.key, serverKey(pod), { active: 1, inactive: 0 });
    agent.source.deleteService(web);
    await agent.loop.idle();
    expect(await secondsToDrain(agent, kernel)).toBe(7);
    expect(kernel.state.virtualServers.size).toBe(0);
  });

  it('drains as long as the node is set to now', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 1, inactive: 0 });
    agent.source.put(aSlice('web', [POD_1]));
    await agent.loop.idle();
    agent.loop.setDrainDeadline(12_000);
    expect(await secondsToDrain(agent, kernel)).toBe(12);
  });

  it('drains no longer because the agent was started anew', async () => {
    const before = await agentWithOneService();
    const { kernel } = before;
    kernel.now = () => 5_000;
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 1, inactive: 0 });
    before.agent.source.put(aSlice('web', [POD_1]));
    await before.agent.loop.idle();
    await before.agent.loop.stop();
    const after = testAgent(kernel, before.agent.source, { drainDeadline: 30_000 });
    after.clock.advance(25_000);
    await after.start();
    expect(await secondsToDrain(after, kernel)).toBe(10);
  });

  it('comes back by an edit of its weight, never by delete and add', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.setActivity(FRONT.key, serverKey(POD_2), { active: 1, inactive: 0 });
    agent.source.put(aSlice('web', [POD_1]));
    await agent.loop.idle();
    kernel.log.length = 0;
    agent.source.put(aSlice('web', [POD_1, POD_2]));
    await agent.loop.idle();
    expect(kernel.log.map(operationText)).toContain(
      'set-real-server 10.96.0.10:80/TCP 10.244.0.2:8080 weight 1',
    );
    expect(kernel.log.filter(({ kind }) => /^(add|delete)-real/.test(kind))).toEqual([]);
  });

  it.each(['UDP', 'SCTP'] as const)('of a %s Service goes at once, with its flows', async (protocol) => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    const ports = [{ name: 'dns', protocol, port: 5353 }];
    agent.source.put(
      aService('dns', [VIP_A], { ports: [{ name: 'dns', protocol, port: 53, nodePort: 0 }] }),
      aSlice('dns', [POD_1, POD_2], { ports }),
    );
    await agent.start();
    kernel.log.length = 0;
    agent.source.put(aSlice('dns', [POD_1], { ports }));
    await agent.loop.idle();
    expect(kernel.log.map(operationText)).toEqual([
      `delete-real-server 10.96.0.10:53/${protocol} 10.244.0.2:5353`,
      `forget-flows 10.96.0.10:53/${protocol} 10.244.0.2:5353`,
    ]);
  });
});

describe('a Service that loses its last endpoint', () => {
  it('is closed to new connections while the old ones drain', async () => {
    const { agent, kernel } = await agentWithOneService();
    for (const pod of [POD_1, POD_2])
      kernel.setActivity(FRONT.key, serverKey(pod), { active: 1, inactive: 0 });
    agent.source.put(aSlice('web', []));
    await agent.loop.idle();
    expect(kernel.state.policy.open.size).toBe(0);
    expect(kernel.state.policy.guarded.has(VIP_A)).toBe(true);
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 0', '10.244.0.2:8080 0']);
  });
});

describe('a VIP that two Services share on different ports', () => {
  it('stays until the last of them has gone', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    const other = aService('other', [VIP_A], { ports: [{ ...HTTP, port: 81 }] });
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]), other, aSlice('other', [POD_2]));
    await agent.start();
    agent.source.deleteService(other);
    await agent.loop.idle();
    expect(kernel.state.bound.has(VIP_A)).toBe(true);
  });
});

describe('two Services that claim one VIP and port', () => {
  it('leave it with the older one and name the loser', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    agent.source.put(
      aService('young', [VIP_A], { created: 2 }),
      aSlice('young', [POD_1]),
      aService('old', [VIP_A], { created: 1 }),
      aSlice('old', [POD_2]),
    );
    await agent.start();
    expect(weights(kernel)).toEqual(['10.244.0.2:8080 1']);
    expect(agent.loop.state().problems).toMatchObject([
      { kind: 'conflict', service: serviceKey('default', 'young'), field: 'spec.ports[0].port' },
    ]);
  });

  it('hand it over when the older one goes', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    const old = aService('old', [VIP_A], { created: 1 });
    agent.source.put(
      aService('young', [VIP_A], { created: 2 }),
      aSlice('young', [POD_1]),
      old,
      aSlice('old', [POD_2]),
    );
    await agent.start();
    agent.source.deleteService(old);
    await agent.loop.idle();
    expect(weights(kernel)).toEqual(['10.244.0.2:8080 0', '10.244.0.1:8080 1']);
    expect(kernel.state.policy.owned.get(FRONT.key)?.owner).toBe('default/young:http');
    expect(agent.loop.state().problems).toEqual([]);
  });
});

describe('a virtual server of another program', () => {
  const theirs = {
    frontend: FRONT,
    settings: settings('wlc'),
    realServers: NO_SERVERS,
  };

  it('is not touched, and the Service that wants its address says so', async () => {
    const kernel = new FakeKernel();
    kernel.foreign.set(FRONT.key, theirs);
    const { agent } = await agentWithOneService(kernel);
    expect(serverLines(kernel.foreign.get(FRONT.key))).toEqual([`${FRONT.key} wlc`]);
    expect(agent.loop.state().problems).toMatchObject([{ kind: 'conflict', service: 'default/web' }]);
    expect(kernel.state.policy.owned.size).toBe(0);
    expect(agent.loop.state().withheld).toEqual([FRONT.key]);
  });

  it('at an address that the Service chose itself makes no node wait', async () => {
    const kernel = new FakeKernel();
    kernel.foreign.set(FRONT.key, theirs);
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_B], { externalIPs: [VIP_A] }), aSlice('web', [POD_1]));
    await agent.start();
    expect(agent.loop.state()).toMatchObject({ withheld: [], problems: [{ kind: 'conflict' }] });
  });

  it('that appears between look and write is found out and given back', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    await agent.start();
    kernel.foreign.set(FRONT.key, theirs);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1]));
    await agent.loop.idle();
    expect(serverLines(kernel.foreign.get(FRONT.key))).toEqual([`${FRONT.key} wlc`]);
    expect(kernel.state.policy.owned.size).toBe(0);
    expect(agent.loop.state().problems).toMatchObject([{ kind: 'conflict' }]);
  });

  it('makes room when it goes', async () => {
    const kernel = new FakeKernel();
    kernel.foreign.set(FRONT.key, theirs);
    const { agent } = await agentWithOneService(kernel);
    kernel.foreign.delete(FRONT.key);
    await agent.converge();
    expect(weights(kernel)).toHaveLength(2);
    expect(agent.loop.state().problems).toEqual([]);
  });
});

describe('drift', () => {
  it('of an address is repaired when the kernel tells of it', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.loseAddress(VIP_A);
    await agent.loop.idle();
    expect(kernel.state.bound.has(VIP_A)).toBe(true);
    expect(agent.loop.state().totals.drift).toBe(1);
    expect(agent.reports.at(-1)).toMatchObject({ driftRepaired: new Map([['vip', 1]]) });
  });

  it('of the whole device is repaired when the kernel tells of it', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.loseDevice();
    await agent.loop.idle();
    expect(kernel.state.bound.has(VIP_A)).toBe(true);
  });

  it('of the whole device is counted, and its addresses too', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.loseDevice();
    await agent.loop.idle();
    const kinds = new Map([
      ['vip', 1],
      ['device', 1],
    ]);
    expect(agent.reports.at(-1)).toMatchObject({ driftFound: kinds, driftRepaired: kinds });
  });

  it.each(['table', 'sysctl'] as const)(
    'of the rules or a sysctl (%s) is put right by the audit',
    async (part) => {
      const { agent, kernel } = await agentWithOneService();
      kernel.spoil(part);
      agent.clock.advance(5_000);
      await agent.loop.idle();
      expect(await kernel.preview()).toEqual([]);
      const kinds = new Map([[part, 1]]);
      expect(agent.reports.at(-1)).toMatchObject({ driftFound: kinds, driftRepaired: kinds });
    },
  );

  it('is none where the rules have to be others, because of what the agent was sent', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.spoil('table');
    agent.loop.prepareAgain();
    await agent.loop.idle();
    expect(await kernel.preview()).toEqual([]);
    expect(agent.loop.state().totals.drift).toBe(0);
  });

  it('of the whole table is put right by the audit, wherever it is in its round', async () => {
    const { agent, kernel } = await agentWithOneService();
    agent.clock.advance(5_000);
    await agent.loop.idle();
    const owned = new Set(kernel.state.policy.owned.keys());
    kernel.loseTable();
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect(new Set(kernel.state.policy.owned.keys())).toEqual(owned);
    expect(agent.reports.at(-1)?.driftFound?.get('table')).toBe(1);
  });

  it('of a weight is found by the audit and put back', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.state.acknowledge({
      kind: 'set-real-server',
      frontend: FRONT,
      server: realServer(POD_1, 8080, 7),
    });
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 1', '10.244.0.2:8080 1']);
    expect(agent.loop.state().totals.drift).toBe(1);
    const kinds = new Map([['virtual-server', 1]]);
    expect(agent.reports.at(-1)).toMatchObject({
      driftFound: kinds,
      driftRepaired: kinds,
      auditMilliseconds: 0,
    });
    expect(agent.reports[0]?.auditMilliseconds).toBeUndefined();
  });

  it('of a deleted virtual server and of a ledger entry is found by the audit and put back', async () => {
    const { agent, kernel } = await agentWithOneService();
    kernel.state.removeVirtualServer(FRONT);
    kernel.state.policy.owned.clear();
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect(weights(kernel)).toHaveLength(2);
    expect(kernel.state.policy.owned.size).toBe(1);
  });
});

describe('ipvsadm -C', () => {
  it('is found by the first slice of the audit, which then goes through all that is left at once', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    for (let index = 0; index < 100; index++)
      agent.source.put(aService(`s${index}`, [address(`10.97.0.${index}`)]), aSlice(`s${index}`, [POD_1]));
    await agent.start();
    const before = dataplaneText(kernel.state);
    for (const { frontend: front } of [...kernel.state.virtualServers.values()])
      kernel.state.removeVirtualServer(front);
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect(dataplaneText(kernel.state)).toBe(before);
    expect(agent.loop.state().problems).toEqual([]);
  });
});

describe('a refused operation', () => {
  it('for a scheduler that the kernel lacks is named with Service and remedy, and the rest goes on', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    agent.source.put(
      aService('odd', [VIP_B], { scheduler: 'nosuch' }),
      aSlice('odd', [POD_3]),
      aService('web', [VIP_A]),
      aSlice('web', [POD_1, POD_2]),
    );
    await agent.start();
    expect(weights(kernel)).toHaveLength(2);
    expect(agent.loop.state().problems).toMatchObject([
      { kind: 'kernel', service: 'default/odd', remedy: expect.stringContaining('ip_vs_nosuch') },
    ]);
    kernel.schedulers.add('nosuch');
    await agent.converge();
    expect(agent.loop.state().problems).toEqual([]);
  });

  it('of one real server leaves the others of its virtual server in service', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    const multicast = '224.0.0.1' as typeof POD_1;
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, multicast]));
    await agent.start();
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 1']);
    expect(kernel.state.policy.open.has(FRONT.key)).toBe(true);
  });
});

describe('a Service with a slow start', () => {
  it('lets a new endpoint grow to its weight, one write a step, and is then at rest', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_A], { slowStart: 5, scheduler: 'wrr' }), aSlice('web', [POD_1]));
    await agent.start();
    expect(weights(kernel)).toEqual(['10.244.0.1:8080 10']);
    agent.source.put(aSlice('web', [POD_1, POD_2]));
    await agent.loop.idle();
    kernel.log.length = 0;
    const seen: string[] = [];
    for (let second = 0; second < 8; second++) {
      agent.clock.advance(1_000);
      await agent.loop.idle();
      seen.push(
        weights(kernel)
          .find((text) => text.startsWith(serverKey(POD_2)))
          ?.slice(-2) ?? '',
      );
    }
    expect(seen.map(Number)).toEqual([2, 4, 6, 8, 10, 10, 10, 10]);
    expect(kernel.log.map(({ kind }) => kind)).toEqual(Array(5).fill('set-real-server'));
  });
});
