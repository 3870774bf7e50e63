import { describe, expect, it } from 'vitest';
import { movedAddresses, type NodeAddresses, otherNodes, rangesWithoutNodes } from '../../src/model/node.js';
import { address } from '../support/addresses.js';

const node = (name: string, ...addresses: string[]): NodeAddresses => ({
  name,
  addresses: addresses.map(address),
});

describe('the other Nodes', () => {
  it('are all but the own one', () => {
    const others = otherNodes(
      [node('node-1', '192.0.2.1'), node('node-2', '192.0.2.2', 'fd00::2')],
      'node-1',
    );
    expect([...others]).toEqual([
      ['192.0.2.2', 'node-2'],
      ['fd00::2', 'node-2'],
    ]);
  });

  it('are reported alike whatever the order they come in, where two have one address', () => {
    const [b, c] = [node('node-b', '192.0.2.2'), node('node-c', '192.0.2.2')];
    for (const nodes of [
      [b, c],
      [c, b],
    ])
      expect([...otherNodes(nodes, undefined)]).toEqual([['192.0.2.2', 'node-b']]);
  });
});

describe('addresses move', () => {
  const before = otherNodes([node('a', '192.0.2.1', '192.0.2.2', '192.0.2.3')], undefined);

  it('when they come, go, or pass to another Node', () => {
    const after = otherNodes([node('a', '192.0.2.1', '192.0.2.4'), node('b', '192.0.2.2')], undefined);
    expect(movedAddresses(before, after)).toEqual(['192.0.2.3', '192.0.2.4', '192.0.2.2']);
  });

  it('never when nothing has changed', () => {
    expect(movedAddresses(before, new Map(before))).toEqual([]);
  });
});

describe('ranges of Services', () => {
  const others = otherNodes([node('a', '10.96.0.7', 'fd00::7')], undefined);

  it('are left out where a Node is in them', () => {
    const ranges = ['10.96.0.0/16', '10.97.0.0/16', 'fd00:96::/108'];
    expect(rangesWithoutNodes(ranges, others)).toEqual(['10.97.0.0/16', 'fd00:96::/108']);
  });
});
