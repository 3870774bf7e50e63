import { describe, expect, it } from 'vitest';
import { agentPortsOf, kernelLimits } from '../../src/desired/node-view.js';
import { address } from '../support/addresses.js';

const able = (schedulers: readonly string[] | undefined, ipv6: 'off' | 'forwarding' = 'forwarding') =>
  kernelLimits({ ipv6, ipvs: { families: ['IPv4', 'IPv6'], schedulers } });

describe('what the kernel allows a node to want', () => {
  it('is no IPv6 where that is switched off', () => {
    expect(able([], 'off').families).toEqual(['IPv4']);
    expect(able([]).families).toEqual(['IPv4', 'IPv6']);
  });

  it('is mh for one server whatever way a client comes, and sh where there is no mh', () => {
    expect(able(['rr', 'sh', 'mh']).stickyScheduler).toBe('mh');
    expect(able(['rr', 'sh']).stickyScheduler).toBe('sh');
  });

  it('is no such scheduler where the kernel has none, or none could be tried', () => {
    for (const schedulers of [['rr'], undefined])
      expect(able(schedulers)).toMatchObject({
        stickyScheduler: undefined,
        smallStickyScheduler: undefined,
      });
  });

  it('is sh, and nothing else, for the small tables', () => {
    expect(able(['mh']).smallStickyScheduler).toBeUndefined();
    expect(able(['mh', 'sh']).smallStickyScheduler).toBe('sh');
  });
});

describe("the ports of this program's own servers", () => {
  it('are kept from Services unless the server listens on loopback alone', () => {
    const servers = ['0.0.0.0', '127.0.0.1', '::1', '::', '192.0.2.1'].map((text, port) => ({
      address: address(text),
      port,
    }));
    expect(agentPortsOf(servers)).toEqual([0, 3, 4]);
  });
});
