import type { Address } from '../../model/address.js';
import type { ClaimKind } from '../../model/claim.js';
import type { Traffic } from '../../model/counters.js';
import type { FrontendKey } from '../../model/frontend.js';
import type { Protocol } from '../../model/protocol.js';
import type { TrafficPolicy } from '../../model/service.js';
import type { FrontendStateName } from '../../model/sync-state.js';

/**
 * What `services` and `backends` show: a row for each frontend. Keys are stable: `LISTING_VERSION` grows when one of
 * them changes its meaning or goes. Durations are in seconds.
 */
export const LISTING_VERSION = 1;

/** drift: the kernel has something else than this program wrote there. */
export type RowState = FrontendStateName | 'drift';

export interface FrontendRow {
  /** `namespace/name`; null for a virtual server of another program. */
  readonly service: string | null;
  /** The port's name; empty where it has none. */
  readonly port: string;
  /** By which field the Service has the address; null where only the ledger knows the frontend. */
  readonly type: RowType | null;
  readonly frontend: FrontendKey;
  readonly address: Address;
  readonly portNumber: number;
  readonly protocol: Protocol;
  /** inside: what clients in the cluster see of the frontend, where it is something else. */
  readonly clients: 'all' | 'inside';
  /** internalTrafficPolicy for a ClusterIP, externalTrafficPolicy for the others. */
  readonly trafficPolicy: TrafficPolicy | null;
  /** Null without a virtual server. */
  readonly scheduler: string | null;
  /** 0 without session affinity. */
  readonly persistenceSeconds: number;
  readonly state: RowState;
  /** Why it is in this state, where there is more to say. */
  readonly reason: string | null;
  readonly counts: ServerCounts;
  /** Left out of listings that show their counts only. */
  readonly servers?: readonly ServerRow[];
  /** Endpoints that are no servers here, and why; with the servers only. */
  readonly leftOut?: readonly LeftOutEndpoint[];
  /** Since the virtual server was made; asked for by --stats and --rate. */
  readonly traffic?: Traffic;
}

type RowType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalIP';

export const ROW_TYPES: Readonly<Record<ClaimKind, RowType>> = {
  cluster: 'ClusterIP',
  node: 'NodePort',
  balancer: 'LoadBalancer',
  external: 'ExternalIP',
};

export interface ServerCounts {
  readonly servers: number;
  /** Those that take new connections. */
  readonly taking: number;
  readonly active: number;
  readonly inactive: number;
}

export interface ServerRow {
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  readonly state: 'programmed' | 'draining' | 'pending' | 'drift';
  /** Why it takes no connections, or fewer than its weight says. */
  readonly reason: string | null;
  /** Time until a draining server goes even if connections remain. */
  readonly drainSecondsLeft: number | null;
}

export interface LeftOutEndpoint {
  readonly address: Address;
  readonly reason: string;
}
