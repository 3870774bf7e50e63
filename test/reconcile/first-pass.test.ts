import { describe, expect, it } from 'vitest';
import { type FrontendKey, frontend } from '../../src/model/frontend.js';
import { KernelKeySet, type KernelKeys } from '../../src/model/kernel-keys.js';
import { API_SERVER_SERVICE, type ServiceKey } from '../../src/model/service-key.js';
import { FirstPass } from '../../src/reconcile/first-pass.js';
import { address, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { HandClock } from '../support/hand-clock.js';
import { HandSource } from '../support/hand-source.js';
import { aService, HTTP } from '../support/objects.js';

const NODE = address('192.0.2.1');
const [ONE, SHARED, OTHER, OLD] = [80, 81, 82, 83].map((port) => frontend(VIP_A, port, 'TCP').key) as [
  FrontendKey,
  FrontendKey,
  FrontendKey,
  FrontendKey,
];

function keysOf(frontends: readonly FrontendKey[], vips: KernelKeySet['vips'] = new Set()): KernelKeySet {
  return new KernelKeySet().add({ frontends: new Set(frontends), vips });
}

/**
 * A first pass over all Services of a source, two at once, which notes what is worked out and what is planned, in that
 * order.
 */
function firstPass(
  source: HandSource,
  touchedBy: Readonly<Record<string, KernelKeys>> = {},
  condition: Readonly<Record<string, boolean>> = {},
) {
  const log: string[] = [];
  const parts: KernelKeys[] = [];
  const nothing = { virtualServers: new Map(), bound: new Set<never>() };
  const conditions = { isEmpty: true, isDoubted: false, hasNameless: false, underWay: false, ...condition };
  const pass = new FirstPass({
    source,
    desired: { ...nothing, policy: {} as never, ...conditions },
    image: { ...conditions, doubt: () => undefined },
    takeover: conditions,
    dirty: {
      keys: new Set(source.view.keys()),
      *bySize(keys) {
        yield;
        return { ordinary: keys, large: [] };
      },
      workOut: (key, touched) => {
        log.push(key);
        touched.add(touchedBy[key] ?? keysOf([]));
      },
    },
    planner: {
      *plansOf(some) {
        for (const part of some) {
          log.push('plan');
          parts.push(part);
          yield [];
        }
      },
    },
    clock: new HandClock(),
    servicesAtOnce: 2,
  });
  const run = {
    perform: async (round: Iterable<unknown>) => {
      for (const _ of round) log.push('perform');
    },
    result: { unsure: new Set<FrontendKey>() } as never,
  };
  const perform = (pending = keysOf([]), planned = keysOf([])) => pass.perform(run, pending, planned);
  return { log, parts, perform };
}

describe('the first pass', () => {
  it('performs Services as they are worked out, some at once, the oldest first', async () => {
    const source = new HandSource();
    source.put(aService('young', [], { created: 3 }));
    source.put(aService('b', [], { created: 1 }), aService('a', [], { created: 1 }));
    const { log, perform } = firstPass(source);
    await perform();
    const performed = ['plan', 'perform'];
    expect(log).toEqual(['default/a', 'default/b', ...performed, 'default/young', ...performed]);
  });

  it("begins with the API server's own Service, alone", async () => {
    const source = new HandSource();
    source.put(aService('web', [VIP_B], { created: 1 }), aService('kubernetes', [VIP_A], { created: 2 }));
    const { log, perform } = firstPass(source);
    await perform();
    expect(log.slice(0, 3)).toEqual([API_SERVER_SERVICE, 'plan', 'perform']);
  });

  it('leaves those for later that another Service might take a frontend from', async () => {
    const source = new HandSource();
    const ports = [{ ...HTTP, nodePort: 30_080 }];
    source.put(aService('web', [VIP_A], { created: 5 }), aService('shop', [VIP_B], { ports, created: 6 }));
    source.put(aService('rival', [VIP_A6], { externalIPs: [VIP_A] }));
    source.put(aService('on-node-port', [], { externalIPs: [NODE], ports: [{ ...HTTP, port: 30_080 }] }));
    const { log, perform } = firstPass(source);
    await perform();
    expect(log).toEqual(['default/web', 'default/shop', 'plan', 'perform']);
  });

  it('takes what it plans out of what is pending, and puts back what is touched again', async () => {
    const source = new HandSource();
    const services = ['a', 'b', 'c'].map((name, created) => aService(name, [], { created }));
    source.put(...services);
    const [a, b, c] = services.map(({ key }) => key) as [ServiceKey, ServiceKey, ServiceKey];
    const { parts, perform } = firstPass(source, {
      [a]: keysOf([ONE]),
      [b]: keysOf([SHARED], new Set([VIP_A])),
      [c]: keysOf([SHARED, OTHER], new Set([VIP_A, VIP_A6])),
    });
    const [pending, planned] = [keysOf([ONE, OLD], new Set([VIP_A, VIP_B])), keysOf([])];
    await perform(pending, planned);
    expect(parts).toEqual([keysOf([ONE, SHARED], new Set([VIP_A])), keysOf([OTHER], new Set([VIP_A6]))]);
    expect(pending).toEqual(keysOf([OLD, SHARED], new Set([VIP_B, VIP_A])));
    expect(planned).toEqual(keysOf([ONE, SHARED, OTHER], new Set([VIP_A, VIP_A6])));
  });
});

it.each([
  ['something is desired already', { isEmpty: false }],
  ['the kernel has to be asked again', { isDoubted: true }],
  ['a view of the kernel has lost its name', { hasNameless: true }],
  ['another proxy is being taken over from', { underWay: true }],
])('nothing is performed before all is worked out where %s', async (_, condition) => {
  const source = new HandSource();
  source.put(aService('web', [VIP_A]));
  const { log, perform } = firstPass(source, {}, condition);
  await perform();
  expect(log).toEqual([]);
});
