import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/address.js';
import { frontend } from '../../src/model/frontend.js';
import {
  evenServers,
  fixedServers,
  type RealServer,
  type RealServerKey,
  RealServerList,
  type RealServers,
  realServer,
  withWeight,
} from '../../src/model/real-server.js';
import { takesConnections } from '../../src/model/virtual-server.js';
import { address, POD_1, POD_1_6, POD_2, POD_3, VIP_A } from '../support/addresses.js';
import { settings } from '../support/objects.js';
import { serverKeys } from '../support/server-keys.js';

const ONE = realServer(POD_1, 8_080, 1);
const TWO = realServer(POD_2, 8_080, 1);
const THREE = realServer(POD_3, 8_080, 1);

const text = (servers: Iterable<RealServer>) =>
  [...servers].map(({ key, weight }) => `${key} weight ${weight}`).join(', ');

describe('a list of real servers', () => {
  it('is empty at first', () => {
    const list = new RealServerList();
    expect([list.size, [...list], list.find(ONE)]).toEqual([0, [], undefined]);
  });

  it('has its members in the order in which they were put', () => {
    const list = new RealServerList([THREE, ONE]);
    list.put(TWO);
    expect([list.size, serverKeys(list)]).toEqual([3, [THREE.key, ONE.key, TWO.key]]);
  });

  it('tells members apart by address and by port', () => {
    const other = realServer(POD_1, 9_090, 1);
    const six = realServer(POD_1_6, 8_080, 1);
    const list = new RealServerList([ONE, other, six]);
    expect([list.size, list.find(ONE), list.find(other), list.find(six)]).toEqual([3, ONE, other, six]);
  });

  it('finds a member whatever the weight that is asked with', () => {
    const list = new RealServerList([ONE, TWO]);
    expect([list.find(withWeight(TWO, 7)), list.find(THREE)]).toEqual([TWO, undefined]);
  });

  it('takes another weight in place', () => {
    const list = new RealServerList([ONE, TWO, THREE]);
    list.put(withWeight(TWO, 0));
    expect([list.size, list.find(TWO)?.weight]).toEqual([3, 0]);
    expect(text(list)).toBe('10.244.0.1:8080 weight 1, 10.244.0.2:8080 weight 0, 10.244.0.3:8080 weight 1');
  });

  it('is made with each address and port once, with the last weight', () => {
    expect(text(new RealServerList([ONE, TWO, withWeight(ONE, 5)]))).toBe(
      '10.244.0.1:8080 weight 5, 10.244.0.2:8080 weight 1',
    );
  });

  it('loses the member with the address and port of what is removed, and closes the gap', () => {
    const list = new RealServerList([ONE, TWO, THREE]);
    list.remove(withWeight(TWO, 0));
    expect([list.size, list.find(TWO), serverKeys(list)]).toEqual([2, undefined, [ONE.key, THREE.key]]);
  });

  it('has a member that was removed and put again last', () => {
    const list = new RealServerList([ONE, TWO]);
    list.remove(ONE);
    list.put(ONE);
    expect(serverKeys(list)).toEqual([TWO.key, ONE.key]);
  });

  it('stays as it is where what is removed is no member', () => {
    const list = new RealServerList([ONE, TWO]);
    list.remove(THREE);
    list.remove(realServer(POD_1, 9_090, 1));
    expect([list.size, serverKeys(list)]).toEqual([2, [ONE.key, TWO.key]]);
  });

  it.each([3, 30])('of %i members does not follow the one that it was made from, nor lead it', (count) => {
    const source = new RealServerList(POOL.slice(0, count));
    const copy = new RealServerList(source);
    source.put(ONE);
    copy.remove(POOL[0] as RealServer);
    expect([source.size, copy.size]).toEqual([count + 1, count - 1]);
  });

  it('does what a map by key does, however many come and go', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 20 }), fc.array(step, STEPS), (count, steps) => {
        const list = new RealServerList(POOL.slice(0, count));
        const model = new Map(POOL.slice(0, count).map((server) => [server.key, server]));
        // One `expect` for each step would take longer than all else here.
        const differing = steps.filter(({ verb, server }) => {
          apply(verb, server, list, model);
          const isSame = `${list.size}: ${text(list)}` === `${model.size}: ${text(model.values())}`;
          return !isSame || list.find(server) !== model.get(server.key);
        });
        expect(differing).toEqual([]);
      }),
    );
  });
});

// Few addresses with few ports each, so that servers return and differ in one of both.
const POOL = Array.from({ length: 36 }, (_, index) =>
  realServer(address(`10.244.1.${1 + (index % 12)}`), 8_080 + Math.floor(index / 12), 1),
);

/** Enough to leave the few that are searched one by one, and to come back among them. */
const STEPS = { maxLength: 60, size: 'max' } as const;

type Verb = 'put' | 'remove';

const step = fc.record({
  verb: fc.constantFrom<Verb>('put', 'remove'),
  server: fc
    .tuple(fc.constantFrom(...POOL), fc.integer({ min: 0, max: 3 }))
    .map(([server, weight]) => withWeight(server, weight)),
});

function apply(
  verb: Verb,
  server: RealServer,
  list: RealServerList,
  model: Map<RealServerKey, RealServer>,
): void {
  list[verb](server);
  if (verb === 'put') model.set(server.key, server);
  else model.delete(server.key);
}

describe('real servers that have not been read', () => {
  const unread = (areThese: boolean) => {
    const reads: RealServer[][] = [];
    const source = { size: 2, areThese: () => areThese, read: () => [realServer(POD_1, 8_080, 1), TWO] };
    const read = () => {
      const servers = source.read();
      reads.push(servers);
      return servers;
    };
    return { list: RealServerList.unread({ ...source, read }), reads };
  };

  it('are read once, when somebody asks for one of them', () => {
    const { list, reads } = unread(false);
    expect([list.size, reads.length]).toEqual([2, 0]);
    expect([list.find(TWO), serverKeys(list), reads.length]).toEqual([TWO, [ONE.key, TWO.key], 1]);
  });

  it('are not read where they are known to be the same', () => {
    const { list, reads } = unread(true);
    expect(list.areThese(new RealServerList([TWO, ONE]))).toBe(true);
    expect(reads.length).toBe(0);
  });

  it('are compared one by one where their order is another', () => {
    expect(unread(false).list.areThese(new RealServerList([TWO, ONE]))).toBe(true);
    expect(unread(false).list.areThese(new RealServerList([TWO, THREE]))).toBe(false);
    expect(unread(false).list.areThese(new RealServerList([TWO, withWeight(ONE, 0)]))).toBe(false);
    expect(unread(false).list.areThese(new RealServerList([TWO]))).toBe(false);
  });

  it.each<[string, (list: RealServerList) => void, readonly RealServer[]]>([
    ['put', (list) => list.put(THREE), [ONE, TWO, THREE]],
    ['appended', (list) => list.append(THREE), [ONE, TWO, THREE]],
    ['removed', (list) => list.remove(ONE), [TWO]],
  ])('are all there after one was %s', (_, change, expected) => {
    const { list } = unread(false);
    change(list);
    expect(text(list)).toBe(text(expected));
  });
});

describe('real servers that do not change', () => {
  const SERVERS: readonly (readonly [string, readonly RealServer[]])[] = [
    ['none', []],
    ['one', [ONE]],
    ['alike', [TWO, ONE, THREE]],
    ['of several weights', [ONE, withWeight(TWO, 5)]],
    ['of several ports', [ONE, realServer(POD_1, 9_090, 1)]],
    ['very many', POOL.slice(0, 30)],
    ['very many alike', Array.from({ length: 30 }, (_, i) => realServer(address(`10.245.0.${i}`), 8_080, 1))],
  ];

  it.each(SERVERS)('are what they were made of: %s', (_, servers) => {
    const fixed = fixedServers(new RealServerList(servers));
    const list = new RealServerList(servers);
    expect([fixed.size, text(fixed)]).toEqual([servers.length, text(list)]);
    for (const server of POOL.concat(ONE, TWO, THREE))
      expect(fixed.find(withWeight(server, 9))).toEqual(list.find(server));
    for (const [, others] of SERVERS) {
      expect(fixed.areThese(fixedServers(new RealServerList(others)))).toBe(others === servers);
      expect(fixed.areThese(new RealServerList(others.toReversed()))).toBe(others === servers);
      expect(new RealServerList(others).areThese(fixed)).toBe(others === servers);
    }
  });

  it('with another weight than what they are compared with are not the same', () => {
    const fixed = fixedServers(new RealServerList([ONE, TWO]));
    expect(fixed.areThese(new RealServerList([ONE, withWeight(TWO, 0)]))).toBe(false);
  });

  it('are sorted once, when somebody goes through them', () => {
    let sorted = 0;
    const sort = (addresses: Address[], port: number) => {
      sorted += port;
      addresses.reverse();
    };
    const servers = evenServers([POD_1, POD_2], 8_080, 1, { seed: 0, sort });
    expect([servers.size, servers.find(ONE), sorted]).toEqual([2, ONE, 0]);
    const server = { frontend: frontend(VIP_A, 80, 'TCP'), settings: settings('rr'), realServers: servers };
    expect([takesConnections(server), sorted]).toEqual([true, 0]);
    expect([serverKeys(servers), serverKeys(servers), sorted]).toEqual([
      [TWO.key, ONE.key],
      [TWO.key, ONE.key],
      8_080,
    ]);
  });

  it('take connections unless there is none, their weight is 0 or there is no scheduler', () => {
    const front = frontend(VIP_A, 80, 'TCP');
    const takes = (realServers: RealServers, scheduler = 'rr') =>
      takesConnections({ frontend: front, settings: settings(scheduler), realServers });
    expect([
      takes(evenServers([POD_1], 8_080, 1)),
      takes(evenServers([POD_1], 8_080, 0)),
      takes(evenServers([], 8_080, 1)),
      takes(evenServers([POD_1], 8_080, 1), 'none'),
      takes(new RealServerList([withWeight(ONE, 0), TWO])),
      takes(new RealServerList([withWeight(ONE, 0)])),
    ]).toEqual([true, false, false, false, true, false]);
  });

  it('become a list that may be changed, and do not follow it', () => {
    const fixed = fixedServers(new RealServerList([ONE, TWO]));
    const list = RealServerList.changeable(fixed);
    list.remove(ONE);
    expect([serverKeys(list), serverKeys(fixed)]).toEqual([[TWO.key], [ONE.key, TWO.key]]);
    expect(RealServerList.changeable(list)).toBe(list);
  });
});
