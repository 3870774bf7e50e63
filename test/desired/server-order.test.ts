import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderBy, seedOf } from '../../src/desired/candidates.js';
import { type Balancing, chooseEndpoints } from '../../src/desired/endpoint-choice.js';
import { offersOf } from '../../src/desired/service-slices.js';
import { WeightTable } from '../../src/model/weight-rule.js';
import { address } from '../support/addresses.js';
import { aSlice, HTTP } from '../support/objects.js';

const pods = (count: number) =>
  Array.from({ length: count }, (_, index) => address(`10.244.${index >> 8}.${index & 255}`));

/** The places of the pods in the list that the node has, in the order for the kernel. */
function orderOn(name: string, list: readonly ReturnType<typeof address>[], scheduler = 'rr'): string[] {
  const balancing: Balancing = { scheduler, weights: new WeightTable([]), scale: 1 };
  const node = { name, zone: undefined, scheduler };
  const { cluster } = chooseEndpoints(offersOf([aSlice('web', list)], HTTP), 'IPv4', node, balancing);
  return [...cluster].map((server) => server.address);
}

const nodes = Array.from({ length: 1000 }, (_, index) => `node-${index}`);

describe('the order of real servers', () => {
  it.each([1, 2, 24, 25, 300])('has each of %i endpoints once', (count) => {
    expect(orderOn('node-1', pods(count)).sort()).toEqual([...pods(count)].sort());
  });

  it('is the same again after a restart', () => {
    expect(orderOn('node-1', pods(10))).toEqual(orderOn('node-1', pods(10)));
  });

  // native/test/server_list_test.cc has the same.
  it.each([
    ['', 8080, 'IPv4', '365214'],
    ['node-1', 8080, 'IPv4', '534612'],
    ['node-2', 53, 'IPv6', '12453'],
  ] as const)(
    'of "%s" at port %i and %s is the one that the addon finds by the seed',
    (name, port, family, order) => {
      const start = family === 'IPv4' ? '10.244.0.' : 'fd00:244::';
      const addresses = [...order].sort().map((last) => address(`${start}${last}`));
      orderBy(seedOf(name)).sort(addresses, port);
      expect(addresses.map((text) => text.at(-1)).join('')).toBe(order);
    },
  );

  it('gives every pod its share of the nodes that begin with it', () => {
    const counts = new Map<string, number>();
    for (const node of nodes) {
      const last = orderOn(node, pods(5)).at(-1) ?? '';
      counts.set(last, (counts.get(last) ?? 0) + 1);
    }
    expect(counts.size).toBe(5);
    // Five times the standard deviation of a fair draw of 1,000.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(64);
  });

  it('is almost never the same on two nodes', () => {
    expect(new Set(nodes.map((node) => orderOn(node, pods(10)).join())).size).toBeGreaterThan(995);
  });

  it('stays as it is among the others where an endpoint comes or goes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), (count, which) => {
        const list = pods(count);
        const gone = list[which % count];
        const left = orderOn(
          'node-1',
          list.filter((pod) => pod !== gone),
        );
        expect(orderOn('node-1', list).filter((pod) => pod !== gone)).toEqual(left);
      }),
    );
  });

  it.each(['sh', 'mh', 'dh'])(
    'is one for all nodes with %s, so that they send one client to one pod',
    (scheduler) => {
      const orders = nodes.slice(0, 20).map((node) => orderOn(node, pods(10), scheduler).join());
      expect(new Set(orders).size).toBe(1);
    },
  );
});
