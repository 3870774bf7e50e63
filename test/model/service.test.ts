import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../src/model/address.js';
import { type Cidr, parseCidr } from '../../src/model/cidr.js';
import { allowedSources, isExternal } from '../../src/model/service.js';
import { VIP_A, VIP_B } from '../support/addresses.js';
import { aService, HTTP } from '../support/objects.js';

describe('a Service lets clients in from outside', () => {
  it.each([
    ['by an external address', { externalIPs: [VIP_B] }],
    ["by the load balancer's address", { loadBalancerIPs: [VIP_B] }],
    ['by a node port', { ports: [HTTP, { ...HTTP, name: 'admin', port: 81, nodePort: 30_081 }] }],
  ])('%s', (_, over) => {
    expect(isExternal(aService('web', [VIP_A], over))).toBe(true);
  });

  it('by nothing else', () => {
    expect(isExternal(aService('web', [VIP_A], { externalPolicy: 'Local' }))).toBe(false);
  });
});

describe('source ranges', () => {
  const sourceRanges = [parseCidr('192.0.2.0/24')].filter((range): range is Cidr => range !== undefined);
  const allowed = (over: object) =>
    FAMILIES.map((family) => allowedSources(aService('web', [VIP_A], over), family));

  it('allow everyone where there are none', () => {
    expect(allowed({})).toEqual([undefined, undefined]);
  });

  it('restrict their own family', () => {
    expect(allowed({ sourceRanges })).toEqual([sourceRanges, undefined]);
  });

  it('close the family of which none could be read', () => {
    expect(allowed({ sourceRanges, hasUnreadRanges: true })).toEqual([sourceRanges, []]);
    expect(allowed({ hasUnreadRanges: true })).toEqual([[], []]);
  });
});
