import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/address.js';
import type { Dataplane } from '../../src/model/dataplane.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { type FrontendKey, frontend } from '../../src/model/frontend.js';
import { allKeys, type KernelKeySet, type KernelKeys } from '../../src/model/kernel-keys.js';
import { operationText, type SingleOperation, singly } from '../../src/model/operation.js';
import { evenServers, RealServerList, realServer } from '../../src/model/real-server.js';
import type { DrainVerdict, WeightNow } from '../../src/plan/frontend-planner.js';
import { additionsOf, plan } from '../../src/plan/plan.js';
import { thatMayFollow } from '../../src/plan/precondition.js';
import { roundsOf } from '../../src/reconcile/pass-planner.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';
import { desiredPlane, FRONTENDS, observedScene, VIPS } from '../support/arbitrary-plane.js';
import { dataplaneText, serverLines } from '../support/dataplane-text.js';
import { onlyDesired, withoutDrains } from '../support/desired-plane.js';
import { kernelAt } from '../support/kernel-at.js';
import { settings } from '../support/objects.js';
import { copyOfPlane } from '../support/plane-copy.js';
import { SafetyWatch } from '../support/safety-watch.js';

const STILL_BUSY: DrainVerdict = () => false;
const ALL_DRAINED: DrainVerdict = () => true;
/** Some servers have drained and others not, always the same ones. */
const SOME_DRAINED: DrainVerdict = (frontend, server) => (frontend.length + server.charCodeAt(9)) % 2 === 0;

const verdict = fc.constantFrom(STILL_BUSY, ALL_DRAINED, SOME_DRAINED);
const urgent = fc.subarray(FRONTENDS.map(({ key }) => key)).map((keys) => new Set(keys));

const chosenKeys: fc.Arbitrary<KernelKeys> = fc
  .record({
    frontends: fc.subarray(FRONTENDS.map(({ key }) => key)),
    vips: fc.subarray([...VIPS]),
  })
  .map(({ frontends, vips }) => ({
    frontends: new Set(frontends),
    vips: new Set(vips),
  }));

function keysOf(desired: Dataplane, observed: DataplaneState): KernelKeySet {
  return allKeys(desired).add(allKeys(observed));
}

function operationsOf(
  desired: Dataplane,
  observed: DataplaneState,
  drained: DrainVerdict = STILL_BUSY,
  first: ReadonlySet<FrontendKey> = new Set(),
): SingleOperation[] {
  const now = copyOfPlane(observed, observed.foreign);
  const all: SingleOperation[] = [];
  for (const round of roundsOf(keysOf(desired, observed), [...first], () => true))
    for (const keys of round)
      for (const { operations } of plan(keys, desired, now, drained))
        for (const operation of singly(operations)) {
          now.acknowledge(operation);
          all.push(operation);
        }
  return all;
}

function performAll(operations: readonly SingleOperation[], observed: DataplaneState): DataplaneState {
  const after = copyOfPlane(observed, observed.foreign);
  for (const operation of operations) after.acknowledge(operation);
  return after;
}

/** What was there before and is not any more. */
function lossesOf(before: Dataplane, now: Dataplane): string[] {
  const lines = new Set(dataplaneText({ ...now, virtualServers: new Map() }).split('\n'));
  const entries = dataplaneText({ ...before, virtualServers: new Map() }).split('\n');
  const servers = [...before.virtualServers.values()].flatMap(({ frontend, realServers }) =>
    [...realServers].flatMap((server) => {
      const left = now.virtualServers.get(frontend.key)?.realServers.find(server);
      const isLost = left === undefined || (server.weight > 0 && left.weight === 0);
      return isLost ? [`${frontend.key} ${server.key}`] : [];
    }),
  );
  const isEntry = (line: string) => line !== '' && !line.startsWith('owned');
  return [...entries.filter((line) => isEntry(line) && !lines.has(line)), ...servers];
}

/**
 * What is unsafe once this operation has been performed as well. One `expect` for each would take longer than the
 * plans.
 */
function breachesAfter(operation: SingleOperation, now: DataplaneState, watch: SafetyWatch): string[] {
  now.acknowledge(operation);
  return watch.breaches(now).map((breach) => `${operationText(operation)}: ${breach}`);
}

/** What we once entered about a frontend that turned out to be another program's. */
function isGivenUp({ kind }: SingleOperation): boolean {
  return kind === 'leave-set' || kind === 'forbid-source';
}

/** Whether the line is about the clients of a frontend that is to be open: then its Service is known. */
function isTreatmentOf(line: string, desired: Dataplane): boolean {
  const words = line.split(' ');
  return words.some((word) => desired.policy.open.has(word as FrontendKey)) && !line.startsWith('open');
}

describe('a plan', () => {
  it('is empty where what is desired is what is observed', () => {
    fc.assert(
      fc.property(desiredPlane, verdict, (plane, drained) => {
        expect(operationsOf(plane, copyOfPlane(plane), drained)).toEqual([]);
      }),
    );
  });

  it('makes what is observed what is desired, apart from servers that drain', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, (desired, { observed }) => {
        const after = performAll(operationsOf(desired, observed), observed);
        const expected = onlyDesired(desired, observed);
        expect(dataplaneText(withoutDrains(after, desired, observed))).toBe(dataplaneText(expected));
      }),
    );
  });

  it('makes what is observed exactly what is desired where nothing drains any more', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, (desired, { observed }) => {
        const after = performAll(operationsOf(desired, observed, ALL_DRAINED), observed);
        expect(dataplaneText(after)).toBe(dataplaneText(onlyDesired(desired, observed)));
      }),
    );
  });

  it('leaves no virtual server to a frontend that a process of the node has, not even to drain', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const after = performAll(operationsOf(desired, observed, drained), observed);
        const nodeLocal = [...desired.policy.traffic['node-local'].keys()];
        expect(nodeLocal.filter((key) => after.virtualServers.has(key))).toEqual([]);
      }),
    );
  });

  it('refuses no client on the way from IPVS to a process of the node, nor on the way back', () => {
    const passable = ({ policy }: Dataplane) => [
      ...policy.open.keys(),
      ...policy.traffic['node-local'].keys(),
    ];
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const before = passable(observed).filter((key) => !observed.foreign.has(key));
        const stay = passable(desired).filter((key) => before.includes(key));
        const now = copyOfPlane(observed, observed.foreign);
        const refused = operationsOf(desired, observed, drained).flatMap((operation) => {
          now.acknowledge(operation);
          const left = passable(now);
          return stay
            .filter((key) => !left.includes(key))
            .map((key) => `${operationText(operation)}: ${key}`);
        });
        expect(refused).toEqual([]);
      }),
    );
  });

  it('leaves nothing to do for a second plan', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const after = performAll(operationsOf(desired, observed, drained), observed);
        expect(operationsOf(desired, after, drained).map(operationText)).toEqual([]);
      }),
    );
  });

  it('gives wanted servers the weight that they may have now, and then leaves nothing to do', () => {
    const half: WeightNow = (_, { weight }) => Math.max(1, weight >> 1);
    fc.assert(
      fc.property(desiredPlane, observedScene, (desired, { observed }) => {
        const keys = keysOf(desired, observed);
        const halved = (seen: DataplaneState) =>
          singly(plan(keys, desired, seen, STILL_BUSY, half).flatMap(({ operations }) => operations));
        const after = performAll(halved(observed), observed);
        expect(halved(after).map(operationText)).toEqual([]);
        const ours = [...desired.virtualServers.values()].filter(
          ({ frontend }) => !observed.foreign.has(frontend.key),
        );
        const others = ours.flatMap(({ frontend, realServers }) => {
          const found = after.virtualServers.get(frontend.key)?.realServers;
          return [...realServers].filter(
            (server) => found?.find(server)?.weight !== half(frontend.key, server),
          );
        });
        expect(others).toEqual([]);
      }),
    );
  });

  it('is the same each time it is made, and changes neither side', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const before = [dataplaneText(desired), dataplaneText(observed)];
        const once = operationsOf(desired, observed, drained).map(operationText);
        expect(operationsOf(desired, observed, drained).map(operationText)).toEqual(once);
        expect([dataplaneText(desired), dataplaneText(observed)]).toEqual(before);
      }),
    );
  });

  it('touches only the keys given and the VIPs of the frontends given', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, chosenKeys, (desired, { observed }, keys) => {
        const fronts = FRONTENDS.filter(({ key }) => keys.frontends.has(key));
        const addresses = new Set([...keys.vips, ...fronts.map(({ address }) => address)]);
        const isOfThese = (operation: SingleOperation) =>
          'frontend' in operation
            ? keys.frontends.has(operation.frontend.key)
            : addresses.has(operation.address);
        const stages = plan(keys, desired, observed, STILL_BUSY);
        const operations = singly(stages.flatMap((stage) => stage.operations));
        expect(operations.filter((operation) => !isOfThese(operation)).map(operationText)).toEqual([]);
      }),
    );
  });

  it('for some keys is what a plan for all keys does to them', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, chosenKeys, (desired, { observed }, { frontends }) => {
        const keys = { frontends, vips: new Set<never>() };
        const stages = plan(keys, desired, observed, STILL_BUSY);
        const some = singly(stages.flatMap(({ operations }) => operations));
        const ofThese = (operation: SingleOperation) =>
          'frontend' in operation && frontends.has(operation.frontend.key);
        expect(some.filter(ofThese).map(operationText).sort()).toEqual(
          operationsOf(desired, observed).filter(ofThese).map(operationText).sort(),
        );
      }),
    );
  });

  it('is the same work in another order where some frontends go first', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, urgent, (desired, { observed }, first) => {
        const text = (operations: readonly SingleOperation[]) => operations.map(operationText).sort();
        expect(text(operationsOf(desired, observed, STILL_BUSY, first))).toEqual(
          text(operationsOf(desired, observed)),
        );
      }),
    );
  });
});

describe('a new virtual server', () => {
  const sequence = (scheduler: string, count: number, observed = new DataplaneState()) => {
    const front = frontend(VIP_A, 80, 'TCP');
    const servers = [POD_1, POD_2].slice(0, count).map((pod) => realServer(pod, 8080, 1));
    const wanted = {
      frontend: front,
      settings: settings(scheduler),
      realServers: new RealServerList(servers),
    };
    const desired = new DataplaneState();
    desired.putVirtualServer(wanted);
    desired.policy.owned.set(front.key, { frontend: front, owner: 'default/web:' });
    desired.policy.open.set(front.key, front);
    return operationsOf(desired, observed).flatMap((operation) =>
      'settings' in operation
        ? [`${operation.kind} ${operation.settings.scheduler}`]
        : operation.kind === 'add-real-server' || operation.kind === 'open-frontend'
          ? [operation.kind]
          : [],
    );
  };

  it('of mh has its servers before its scheduler, so that the table is made once, and opens last', () => {
    expect(sequence('mh', 2)).toEqual([
      'add-virtual-server none',
      'add-real-server',
      'add-real-server',
      'set-virtual-server mh',
      'open-frontend',
    ]);
  });

  it('of mh with one server, or of another scheduler, is made in one step', () => {
    for (const [scheduler, count] of [
      ['mh', 1],
      ['wrr', 2],
    ] as const)
      expect(sequence(scheduler, count)[0]).toBe(`add-virtual-server ${scheduler}`);
  });

  it('keeps its scheduler where it is there already: what balances goes on', () => {
    const observed = new DataplaneState();
    const front = frontend(VIP_A, 80, 'TCP');
    const realServers = new RealServerList([realServer(POD_1, 8080, 1)]);
    observed.putVirtualServer({ frontend: front, settings: settings('mh'), realServers });
    expect(sequence('mh', 2, observed).filter((text) => text !== 'open-frontend')).toEqual([
      'add-real-server',
    ]);
  });
});

describe('the servers of a new virtual server', () => {
  it('are one operation, which leaves what an operation for each of them leaves', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, (desired, { observed }) => {
        const together = copyOfPlane(observed, observed.foreign);
        const stages = plan(keysOf(desired, observed), desired, observed, STILL_BUSY);
        for (const { operations } of stages)
          for (const operation of operations) together.acknowledge(operation);
        const each = performAll(singly(stages.flatMap(({ operations }) => operations)), observed);
        expect(dataplaneText(together)).toBe(dataplaneText(each));
      }),
    );
  });

  it('are one operation each where they are so many that nobody should have to wait for all', () => {
    const front = frontend(VIP_A, 80, 'TCP');
    const kindsFor = (count: number) => {
      const addresses = Array.from(
        { length: count },
        (_, index) => `10.244.${index >> 8}.${index & 255}` as Address,
      );
      const desired = new DataplaneState();
      const realServers = evenServers(addresses, 8080, 1);
      desired.putVirtualServer({ frontend: front, settings: settings('rr'), realServers });
      const stages = plan(allKeys(desired), desired, new DataplaneState(), STILL_BUSY);
      return stages
        .filter(({ name }) => name === 'balance')
        .flatMap(({ operations }) => operations.map(({ kind }) => kind));
    };
    expect(kindsFor(1_024)).toEqual(['add-real-servers']);
    expect(kindsFor(1_025)).toEqual(Array(1_025).fill('add-real-server'));
  });
});

describe('every prefix of a plan', () => {
  it('is safe: nothing open without a server, nothing outside the ledger, no bound VIP unguarded, no server away that stays', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, urgent, (desired, { observed }, drained, first) => {
        const watch = new SafetyWatch(observed, desired);
        const now = copyOfPlane(observed, observed.foreign);
        const operations = operationsOf(desired, observed, drained, first);
        expect(operations.flatMap((operation) => breachesAfter(operation, now, watch))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('is safe, too, where any operations are refused and what builds on them is left out', () => {
    const refusals = fc.infiniteStream(
      fc.integer({ min: 0, max: 3 }).map((throwOfDice) => throwOfDice === 0),
    );
    fc.assert(
      fc.property(
        desiredPlane,
        observedScene,
        verdict,
        refusals,
        (desired, { observed }, drained, refused) => {
          const watch = new SafetyWatch(observed, desired);
          const now = copyOfPlane(observed, observed.foreign);
          const stages = plan(keysOf(desired, observed), desired, observed, drained);
          const breaches = stages.flatMap(({ operations }) =>
            singly(thatMayFollow(operations, now)).flatMap((operation) =>
              refused.next().value === true ? [] : breachesAfter(operation, now, watch),
            ),
          );
          expect(breaches).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves nothing out where nothing is refused', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const now = copyOfPlane(observed, observed.foreign);
        const stages = plan(keysOf(desired, observed), desired, observed, drained);
        const performed = stages.flatMap(({ operations }) => {
          const following = thatMayFollow(operations, now);
          for (const operation of operations) now.acknowledge(operation);
          return singly(following).map(operationText);
        });
        expect(performed).toEqual(stages.flatMap(({ operations }) => singly(operations).map(operationText)));
      }),
    );
  });
});

describe('what of a plan only adds', () => {
  it('takes nothing away and is safe at every prefix', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const watch = new SafetyWatch(observed, desired);
        const before = copyOfPlane(observed, observed.foreign);
        const now = copyOfPlane(observed, observed.foreign);
        const stages = plan(keysOf(desired, observed), desired, observed, drained);
        const additions = singly(additionsOf(stages, desired).flatMap(({ operations }) => operations));
        expect(additions.flatMap((operation) => breachesAfter(operation, now, watch))).toEqual([]);
        expect(lossesOf(before, now).filter((line) => !isTreatmentOf(line, desired))).toEqual([]);
      }),
    );
  });

  it('is all of a plan for what is new, but for gates that shut: what is behind them may not be known yet', () => {
    fc.assert(
      fc.property(desiredPlane, (desired) => {
        const whole = plan(allKeys(desired), desired, new DataplaneState(), STILL_BUSY);
        expect(additionsOf(whole, desired)).toEqual(whole.filter(({ name }) => name !== 'close'));
      }),
    );
  });
});

describe('a virtual server of another program', () => {
  it('keeps its clients: its VIP is neither guarded nor bound by us', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const taken = operationsOf(desired, observed, drained).filter(
          (operation) =>
            (operation.kind === 'guard-vip' || operation.kind === 'bind-vip') &&
            observed.isForeignAt(operation.address),
        );
        expect(taken.map(operationText)).toEqual([]);
      }),
    );
  });

  it('that is in the ledger by mistake is given back', () => {
    const [front] = FRONTENDS;
    if (front === undefined) throw new Error('there is no frontend');
    const observed = new DataplaneState();
    observed.foreign.add(front.key);
    observed.acknowledge({ kind: 'own-frontend', frontend: front, owner: 'default/web' });
    expect(operationsOf(new DataplaneState(), observed).map(operationText)).toEqual([
      `disown-frontend ${front.key}`,
    ]);
  });

  it('is never written to', () => {
    fc.assert(
      fc.property(desiredPlane, observedScene, verdict, (desired, { observed }, drained) => {
        const written = operationsOf(desired, observed, drained).flatMap((operation) =>
          'frontend' in operation && !isGivenUp(operation) ? [operation.frontend.key] : [],
        );
        expect(written.filter((key) => observed.foreign.has(key))).toEqual([]);
      }),
    );
  });
});

describe('a kernel', () => {
  it('refuses no operation of a plan that was made from its true state, and keeps foreign servers as they are', async () => {
    await fc.assert(
      fc.asyncProperty(desiredPlane, observedScene, verdict, async (desired, scene, drained) => {
        const kernel = await kernelAt(scene);
        const before = scene.foreign.flatMap(serverLines);
        const { dataplane } = await kernel.observe(scene.observed.virtualServers);
        const { outcomes } = await kernel.perform(operationsOf(desired, dataplane, drained));
        expect(outcomes.filter(({ kind }) => kind !== 'done')).toEqual([]);
        expect([...kernel.foreign.values()].flatMap(serverLines)).toEqual(before);
      }),
    );
  });
});
