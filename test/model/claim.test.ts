import { describe, expect, it } from 'vitest';
import { contestedServices } from '../../src/model/claim.js';
import { atOnce } from '../../src/model/clock.js';
import type { Service } from '../../src/model/service.js';
import { address, VIP_A, VIP_B } from '../support/addresses.js';
import { aService, HTTP } from '../support/objects.js';

const EXTERNAL = address('198.51.100.7');
const ports = [{ ...HTTP, nodePort: 30_080 }];

const contested = (...services: readonly Service[]) =>
  [...atOnce(contestedServices(services))].map((key) => key.replace('default/', ''));

describe('Services are contested', () => {
  it('not, where nobody claims what they claim', () => {
    expect(contested(aService('a', [VIP_A], { ports }), aService('b', [VIP_B]))).toEqual([]);
  });

  it('where somebody has a better claim, whatever the ages', () => {
    const victim = aService('victim', [VIP_A], { created: 9, ports });
    expect(contested(victim, aService('by-address', [], { externalIPs: [VIP_A] }))).toEqual(['by-address']);
    const atNode = { externalIPs: [EXTERNAL], ports: [{ ...HTTP, port: 30_080 }] };
    expect(contested(victim, aService('by-node-port', [], atNode))).toEqual(['by-node-port']);
    const udp = { ...atNode, ports: [{ ...HTTP, port: 30_080, protocol: 'UDP' as const }] };
    expect(contested(victim, aService('other-protocol', [], udp))).toEqual([]);
  });

  it('both, where each claims what is the other’s', () => {
    const services = [
      aService('a', [VIP_A], { externalIPs: [VIP_B] }),
      aService('b', [VIP_B], { externalIPs: [VIP_A] }),
    ];
    expect(contested(...services)).toEqual(['a', 'b']);
  });

  it('the younger, where both claim it alike', () => {
    const balanced = { loadBalancerIPs: [EXTERNAL] };
    const services = [
      aService('old', [VIP_A], { ...balanced, created: 1 }),
      aService('young', [VIP_B], { ...balanced, created: 2 }),
    ];
    expect(contested(...services)).toEqual(['young']);
  });
});
