import type { FrontendKey } from './frontend.js';

/**
 * What went through one virtual server since it was made, as the kernel counts it (IPVS_SVC_ATTR_STATS64). Beyond 2^53 the
 * last digits are lost. `ipvsadm --zero` and a virtual server that is made anew begin at 0.
 */
export interface Traffic {
  readonly connections: number;
  /** In: from clients to servers. Out: replies. */
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export type DataplaneTraffic = ReadonlyMap<FrontendKey, Traffic>;
