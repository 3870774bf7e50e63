import { describe, expect, it } from 'vitest';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { insideSettings, settingsOf } from '../../src/desired/server-settings.js';
import type { Service } from '../../src/model/service.js';
import { VIP_A, VIP_B } from '../support/addresses.js';
import { aService } from '../support/objects.js';

const STICKS_BY_MH = { ...LONE_NODE, stickyScheduler: 'mh' };
const WITH_AFFINITY = { affinityTimeout: 600, externalIPs: [VIP_B] };

describe('the flags of a virtual server', () => {
  const flags = (over: Partial<Service>, scheduler = 'rr') => {
    const { scheduler: got, schedulerFlags } = settingsOf(aService('web', [VIP_A], over), {
      ...STICKS_BY_MH,
      scheduler,
    });
    return `${got} ${schedulerFlags}`.trim();
  };

  it.each(['mh', 'sh'])('let a client of a draining server go on to another one: %s', (scheduler) => {
    expect(flags({ scheduler })).toBe(`${scheduler} fallback`);
    expect(flags({}, scheduler)).toContain('fallback');
    expect(flags({ scheduler, schedulerFlags: [`${scheduler as 'mh' | 'sh'}-port`] })).toBe(
      `${scheduler} fallback,port`,
    );
  });

  it('let it go on where we choose the scheduler for a Service with affinity and several ways in', () => {
    expect(flags(WITH_AFFINITY)).toBe('mh fallback');
  });

  it("take the client's port into the hash where mh is the node's scheduler, as kube-proxy does", () => {
    expect(flags({}, 'mh')).toBe('mh fallback,port');
    expect(flags({ affinityTimeout: 600 }, 'mh')).toBe('mh fallback,port');
    expect(flags({}, 'sh')).toBe('sh fallback');
  });

  it("leave the client's port out where the Service says otherwise or needs one pod by every way", () => {
    expect(flags({ scheduler: 'mh' }, 'mh')).toBe('mh fallback');
    expect(flags({ schedulerFlags: ['mh-fallback'] }, 'mh')).toBe('mh fallback');
    expect(flags(WITH_AFFINITY, 'mh')).toBe('mh fallback');
  });

  it('are none for schedulers that know none', () => {
    for (const scheduler of ['rr', 'wlc', 'dh'])
      expect(flags({ scheduler, schedulerFlags: ['mh-port'] })).toBe(scheduler);
  });

  it('of the view of clients inside never spread one client that affinity ties to a pod', () => {
    for (const scheduler of ['rr', 'mh']) {
      const settings = { scheduler, schedulerFlags: 'fallback,port', persistenceTimeout: 600 } as const;
      expect(insideSettings(settings, STICKS_BY_MH)).toEqual({
        scheduler: 'mh',
        schedulerFlags: 'fallback',
        persistenceTimeout: 0,
      });
    }
  });
});
