import type { Family } from '../model/address.js';

/** What of the configuration the status needs. */
export interface StatusSettings {
  readonly version: string;
  /** This node's name; Events about it carry it. */
  readonly node: string;
  /** The families that this node serves: `ip_family` has one value for each. */
  readonly families: readonly Family[];
  /** Milliseconds for which a change may wait for a pass until `/healthz` says so: twice kube-proxy's syncPeriod. */
  readonly healthTimeout: number;
  /** healthzBindAddress and metricsBindAddress, `0.0.0.0:10256`; empty: no such server. */
  readonly healthzBindAddress: string;
  readonly metricsBindAddress: string;
  /** A server that cannot listen ends the agent instead of being tried again. */
  readonly bindAddressHardFail: boolean;
  /** Of how many Service ports the statistics are shown; 0 switches them off. */
  readonly trafficLimit: number;
}

export const DEFAULT_STATUS_SETTINGS: Omit<StatusSettings, 'version' | 'node'> = {
  families: ['IPv4'],
  healthTimeout: 60_000,
  healthzBindAddress: '0.0.0.0:10256',
  metricsBindAddress: '127.0.0.1:10249',
  bindAddressHardFail: false,
  // About 700 series on each node.
  trafficLimit: 100,
};
