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
  readonly serving: ServingAddresses;
  /** Of how many Service ports the statistics are shown; 0 switches them off. */
  readonly trafficLimit: number;
}

/** Where the servers listen, as `0.0.0.0:10256` or `[::]:10256`; undefined: nowhere. */
interface ServingAddresses {
  readonly health: string | undefined;
  readonly metrics: string | undefined;
  /** A server that cannot listen ends the agent instead of being tried again. */
  readonly bindHardFail: boolean;
}
