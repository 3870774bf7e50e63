import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import { operationText } from '../../src/model/operation.js';
import { NO_SERVERS } from '../../src/model/real-server.js';
import { cleanUp } from '../../src/reconcile/removal.js';
import { address, POD_1, POD_2, POD_3, VIP_A, VIP_B } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { anEndpoint, aService, aSlice, settings } from '../support/objects.js';

const THEIRS = {
  frontend: frontend(VIP_B, 8_443, 'TCP'),
  settings: settings('wlc'),
  realServers: NO_SERVERS,
};

/** One Service with endpoints, one without, and one whose external policy gives clients inside a view of their own. */
function threeServices(): HandSource {
  const source = new HandSource();
  source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
  source.put(aService('empty', [VIP_B]));
  source.put(LOCAL, aSlice('local', [POD_3], { endpoints: [anEndpoint(POD_3, { node: 'node-1' })] }));
  return source;
}

const LOCAL = aService('local', [], { externalIPs: [address('192.0.2.10')], externalPolicy: 'Local' });

/** A kernel that an agent has programmed for `source`, after which somebody has removed our table. */
async function kernelWithoutLedger(source = threeServices()) {
  const kernel = new FakeKernel();
  const agent = testAgent(kernel, source);
  await agent.start();
  await agent.loop.stop();
  const before = dataplaneText(kernel.state);
  expect(before).toContain('+inside');
  kernel.loseTable();
  kernel.log.length = 0;
  return { kernel, before };
}

describe('an agent that starts after somebody has removed the ledger', () => {
  it('knows its virtual servers by their tag, and makes the same again without writing to one of them', async () => {
    const { kernel, before } = await kernelWithoutLedger();
    const agent = testAgent(kernel, threeServices());
    await agent.start();
    expect(dataplaneText(kernel.state)).toBe(before);
    expect(kernel.log.map(operationText).filter((text) => text.includes('-server'))).toEqual([]);
    expect(agent.loop.state()).toMatchObject({ problems: [], synced: true });
  });

  it('opens what takes connections before it guards anything', async () => {
    const { kernel } = await kernelWithoutLedger();
    await testAgent(kernel, threeServices()).start();
    const texts = kernel.log.map(operationText);
    const last = texts.findLastIndex((text) => text.startsWith('open-frontend'));
    expect(last).toBeGreaterThan(-1);
    expect(texts.indexOf(`guard-vip ${VIP_A}`)).toBeGreaterThan(
      texts.indexOf(`open-frontend ${VIP_A}:80/TCP`),
    );
  });

  it('follows changes made meanwhile: endpoints, and Services that are gone, whatever they had', async () => {
    const { kernel } = await kernelWithoutLedger();
    const source = new HandSource();
    source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_3]));
    const agent = testAgent(kernel, source);
    await agent.start();
    agent.clock.advance(900_000);
    await agent.loop.idle();
    const fresh = new FakeKernel();
    await testAgent(fresh, source).start();
    expect(dataplaneText(kernel.state)).toBe(dataplaneText(fresh.state));
  });

  it('guards and removes nothing until everything was sent', async () => {
    const { kernel } = await kernelWithoutLedger();
    const agent = testAgent(kernel, new HandSource());
    agent.source.tell(agent.loop);
    agent.loop.begin();
    await agent.loop.idle();
    expect(kernel.log.map(operationText)).toEqual([]);
  });

  it('leaves the virtual server of another program alone, and its address', async () => {
    const { kernel } = await kernelWithoutLedger();
    kernel.foreign.set(THEIRS.frontend.key, THEIRS);
    const agent = testAgent(kernel, new HandSource());
    await agent.start();
    agent.clock.advance(900_000);
    await agent.loop.idle();
    expect(kernel.foreign.get(THEIRS.frontend.key)).toEqual(THEIRS);
    expect([...kernel.state.bound]).toEqual([VIP_B]);
    expect(kernel.state.virtualServers.size).toBe(0);
  });
});

describe('an agent whose ledger somebody removes while it runs', () => {
  it('makes it again at the next audit, and writes to no virtual server', async () => {
    const kernel = new FakeKernel();
    const agent = testAgent(kernel, threeServices());
    await agent.start();
    const before = dataplaneText(kernel.state);
    kernel.loseTable();
    kernel.log.length = 0;
    agent.clock.advance(5_000);
    await agent.loop.idle();
    expect(dataplaneText(kernel.state)).toBe(before);
    expect(kernel.log.map(operationText).filter((text) => text.includes('-server'))).toEqual([]);
  });
});

describe('cleaning up without a ledger', () => {
  it('removes everything of ours and nothing of others', async () => {
    const { kernel } = await kernelWithoutLedger();
    kernel.foreign.set(THEIRS.frontend.key, THEIRS);
    const { problems, foreign } = await cleanUp(kernel);
    expect([problems, foreign]).toEqual([[], 1]);
    expect(kernel.state.virtualServers.size).toBe(0);
    expect(kernel.foreign.get(THEIRS.frontend.key)).toEqual(THEIRS);
  });
});
