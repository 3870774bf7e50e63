import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/address.js';
import type { Dataplane } from '../../src/model/dataplane.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { frontend } from '../../src/model/frontend.js';
import { allKeys } from '../../src/model/kernel-keys.js';
import {
  type Answered,
  type Operation,
  operationText,
  type SingleOperation,
} from '../../src/model/operation.js';
import { evenServers } from '../../src/model/real-server.js';
import { type Plan, plan } from '../../src/plan/plan.js';
import { roundsOf } from '../../src/reconcile/pass-planner.js';
import { type Round, StageRunner } from '../../src/reconcile/stage-runner.js';
import { address, POD_1, POD_2, POD_3, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { desiredPlane, observedScene, VIPS } from '../support/arbitrary-plane.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { FaultyKernel } from '../support/faulty-kernel.js';
import { kernelAt } from '../support/kernel-at.js';
import { KernelInFront } from '../support/kernel-in-front.js';
import { settings } from '../support/objects.js';
import { copyOfPlane } from '../support/plane-copy.js';
import { SafetyWatch } from '../support/safety-watch.js';
import { SteppingKernel } from '../support/stepping-kernel.js';
import { TardyKernel } from '../support/tardy-kernel.js';

/** Some VIPs go, with all their frontends. */
const fewerVips = fc.tuple(desiredPlane, fc.subarray([...VIPS])).map(([plane, gone]) => {
  const fewer = copyOfPlane(plane);
  for (const { frontend } of plane.virtualServers.values())
    if (gone.includes(frontend.address)) {
      fewer.removeVirtualServer(frontend);
      fewer.acknowledge({ kind: 'close-frontend', frontend });
      fewer.acknowledge({ kind: 'disown-frontend', frontend });
    }
  for (const address of gone) {
    fewer.acknowledge({ kind: 'unbind-vip', address });
    fewer.acknowledge({ kind: 'release-vip', address });
  }
  return fewer;
});
const waits = fc.infiniteStream(fc.nat({ max: 6 }));

/** A part for each VIP. */
function* roundsFor(desired: Dataplane, seen: DataplaneState): Generator<Round> {
  const isVip = (address: Address) =>
    desired.bound.has(address) || seen.policy.guarded.has(address) || seen.bound.has(address);
  for (const parts of roundsOf(allKeys(desired).add(allKeys(seen)), [], isVip, 1))
    yield (function* (): Generator<Plan> {
      for (const keys of parts) yield plan(keys, desired, seen, () => true);
    })();
}

describe('plans performed side by side', () => {
  it('lead to where they lead one after the other, and every moment on the way is safe', async () => {
    await fc.assert(
      fc.asyncProperty(fewerVips, observedScene, waits, async (desired, scene, wait) => {
        const kernel = await kernelAt(scene);
        const watch = new SafetyWatch(scene.observed, desired);
        const breaches: string[] = [];
        const stepping = new SteppingKernel(
          kernel,
          () => void breaches.push(...watch.breaches(kernel.state)),
        );
        const tardy = new TardyKernel(stepping, () => wait.next().value ?? 0);
        const seen = copyOfPlane(scene.observed, scene.observed.foreign);
        const run = new StageRunner(tardy, seen);
        for (const round of roundsFor(desired, seen)) await run.perform(round);
        expect(breaches).toEqual([]);

        const alone = await kernelAt(scene);
        const state = copyOfPlane(scene.observed, scene.observed.foreign);
        const whole = plan(allKeys(desired).add(allKeys(state)), desired, state, () => true);
        await new StageRunner(alone, state).perform([whole].values());
        expect(dataplaneText(kernel.state)).toBe(dataplaneText(alone.state));
        expect(dataplaneText(seen)).toBe(dataplaneText(kernel.state));
      }),
    );
  });

  it('are counted by kind: of servers that are added together each one, done, refused or left out', async () => {
    const addresses = [POD_1, POD_2, POD_3];
    const servers = evenServers(addresses, 8080, 1);
    const [web, other] = [frontend(VIP_A, 80, 'TCP'), frontend(VIP_B, 80, 'TCP')];
    const whole: Plan = [
      { name: 'own', operations: [{ kind: 'own-frontend', frontend: web, owner: 'default/web:' }] },
      {
        name: 'create',
        operations: [{ kind: 'add-virtual-server', frontend: web, settings: settings('rr') }],
      },
      {
        name: 'balance',
        operations: [web, other].map((front) => ({ kind: 'add-real-servers', frontend: front, servers })),
      },
    ];
    const kernel = new FakeKernel();
    await kernel.prepare();
    const state = new DataplaneState();
    const isSecond = (operation: SingleOperation) =>
      operation.kind === 'add-real-server' && operation.server.address === POD_2;
    const faulty = new FaultyKernel(kernel, (operation) => (isSecond(operation) ? 'refused' : 'works'));
    const run = new StageRunner(faulty, state);
    await run.perform([whole].values());
    const { counts, failures } = run.result;
    expect([...counts.done]).toEqual([
      ['own-frontend', 1],
      ['add-virtual-server', 1],
      ['add-real-server', 2],
    ]);
    expect([counts.refused, counts.skipped]).toEqual([1, 3]);
    expect([...failures.values()].map(({ operation }) => operationText(operation))).toEqual([
      'add-real-server 10.96.0.10:80/TCP 10.244.0.2:8080 weight 1',
    ]);
    expect(dataplaneText(state)).toBe(dataplaneText(kernel.state));
  });

  it('are waited for, and no more are begun, where the kernel cannot be written at all', async () => {
    const begun: Address[] = [];
    let underWay = 0;
    class Lost extends KernelInFront {
      override async perform(operations: readonly Operation[]): Promise<Answered> {
        underWay++;
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        if (operations.some((operation) => 'address' in operation && operation.address === VIP_A))
          throw new Error('no netlink socket');
        return this.inner.perform(operations);
      }
    }
    function* round(): Generator<Plan> {
      for (const vip of [VIP_A, VIP_B, VIP_A6, address('10.96.0.12')]) {
        begun.push(vip);
        yield [{ name: 'own', operations: [{ kind: 'guard-vip', address: vip }] }];
      }
    }
    const run = new StageRunner(new Lost(new FakeKernel()), new DataplaneState()).perform(round());
    await expect(run).rejects.toThrow('no netlink socket');
    expect(underWay).toBe(0);
    expect(begun).toEqual([VIP_A, VIP_B]);
  });
});
