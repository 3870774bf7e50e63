import { describe, expect, it } from 'vitest';
import { settingsChange } from '../../src/config/config-watch.js';
import { PROXY, read } from './read.js';

const settings = (text: string) => read(`${PROXY}${text}`).settings;

describe('a change of the settings', () => {
  it('is none where another text means the same', () => {
    const change = settingsChange(
      settings('ipvs: {syncPeriod: 60s}'),
      settings('ipvs: {scheduler: rr, syncPeriod: 1m}'),
    );
    expect(change).toEqual({ live: {}, restart: [], unchanged: true });
  });

  it('is applied live where one step does it', () => {
    const change = settingsChange(
      settings(''),
      settings('conntrack: {tcpBeLiberal: true}\nlogging: {verbosity: 4}'),
    );
    expect(change).toMatchObject({
      live: { nodeSetUp: { conntrack: { tcpBeLiberal: true } }, logLevel: 'debug' },
      restart: [],
      unchanged: false,
    });
  });

  it('names what needs a restart, also where something else could be live', () => {
    const change = settingsChange(settings(''), settings('clusterCIDR: 10.0.0.0/8\nipvs: {strictARP: true}'));
    expect(change).toMatchObject({
      live: { nodeSetUp: { strictArp: true } },
      restart: ['localDetection', 'addressLimits'],
    });
  });
});
