import { describe, expect, it } from 'vitest';
import { kernelLimits } from '../../src/desired/node-view.js';

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
