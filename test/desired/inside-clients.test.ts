import { describe, expect, it } from 'vitest';
import { insideClients } from '../../src/desired/cluster-facts.js';

const PODS = ['10.244.1.0/24'];

describe('who is a client inside', () => {
  it('is not known where it follows from a Node that is not known yet', () => {
    for (const kind of ['none', 'node-cidr'] as const)
      expect(insideClients({ kind }, undefined)).toEqual({ kind: 'unknown' });
  });

  it('is a pod of this node, and perhaps others, where nobody has said how to tell', () => {
    expect(insideClients({ kind: 'none' }, PODS)).toEqual({ kind: 'pods-of-this-node', cidrs: PODS });
  });

  it('is recognised by addresses where a range is given, without any Node', () => {
    expect(insideClients({ kind: 'node-cidr' }, PODS)).toEqual({ kind: 'addresses', cidrs: PODS });
    const detection = { kind: 'cluster-cidrs', cidrs: ['10.244.0.0/16'] } as const;
    expect(insideClients(detection, undefined)).toEqual({ kind: 'addresses', cidrs: ['10.244.0.0/16'] });
  });

  it('is recognised by the interface, whole or by how its name begins', () => {
    expect(insideClients({ kind: 'bridge-interface', name: 'cni0' }, PODS)).toEqual({
      kind: 'interfaces',
      name: 'cni0',
    });
    expect(insideClients({ kind: 'interface-name-prefix', prefix: 'veth' }, PODS)).toEqual({
      kind: 'interfaces',
      name: 'veth*',
    });
  });
});
