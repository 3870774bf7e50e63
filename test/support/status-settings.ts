import type { StatusSettings } from '../../src/status/status-servers.js';

export const DEFAULT_STATUS_SETTINGS: Omit<StatusSettings, 'version' | 'node'> = {
  families: ['IPv4'],
  healthTimeout: 60_000,
  serving: { health: '0.0.0.0:10256', metrics: '127.0.0.1:10249', bindHardFail: false },
  // About 700 series on each node.
  trafficLimit: 100,
};
