import { describe, expect, it } from 'vitest';
import { NodeEndpoints } from '../../src/model/cluster-view.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import { POD_1, POD_2 } from '../support/addresses.js';
import { anEndpoint, aSlice } from '../support/objects.js';

const stopped = { ready: false, serving: false, node: 'node-2' };
const one = (service: string, ...endpoints: ReturnType<typeof anEndpoint>[]): EndpointSlice =>
  aSlice(service, [], { endpoints });

describe('a Node that has an endpoint which does not serve', () => {
  it('is named where nothing on it serves, and not where something does', () => {
    const nodes = new NodeEndpoints();
    const web = one('web', anEndpoint(POD_1, stopped));
    const dns = one('dns', anEndpoint(POD_2, { node: 'node-2' }));
    nodes.add(web);
    expect(nodes.stoppedNodeOf(POD_1)).toBe('node-2');
    nodes.add(dns);
    expect(nodes.stoppedNodeOf(POD_1)).toBeUndefined();
    nodes.remove(dns);
    expect(nodes.stoppedNodeOf(POD_1)).toBe('node-2');
    nodes.remove(web);
    expect(nodes.stoppedNodeOf(POD_1)).toBeUndefined();
  });

  it('is not named where slices say different Nodes of one address, or none', () => {
    const nodes = new NodeEndpoints();
    nodes.add(one('web', anEndpoint(POD_1, stopped), anEndpoint(POD_2, { ready: false, serving: false })));
    nodes.add(one('other', anEndpoint(POD_1, { ...stopped, node: 'node-3' })));
    expect([nodes.stoppedNodeOf(POD_1), nodes.stoppedNodeOf(POD_2)]).toEqual([undefined, undefined]);
  });
});
