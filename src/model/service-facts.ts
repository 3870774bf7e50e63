import type { Address, Family } from './address.js';
import type { ClaimKind } from './claim.js';
import type { TrafficSet } from './dataplane.js';
import type { FrontendKey } from './frontend.js';
import type { Problem } from './problem.js';
import type { Protocol } from './protocol.js';
import type { RealServerKey } from './real-server.js';
import type { TrafficPolicy } from './service.js';
import type { ServiceKey } from './service-key.js';
import type { DrainState, FrontendStateName } from './sync-state.js';

/**
 * What the agent knows of one Service: what the API says of it, and what was decided for this node. It goes over the
 * admin socket as JSON; `version` grows when a key changes its meaning or goes.
 */
export interface ServiceAnswer {
  readonly version: 1;
  readonly agent: AgentFacts;
  /** Undefined where neither the agent nor the API server knows such a Service. */
  readonly found: ServiceFacts | undefined;
  /** Services with a name or namespace that is near, where nothing was found: the nearest first. */
  readonly nearest: readonly ServiceKey[];
}

export interface AgentFacts {
  readonly version: string;
  readonly node: string | undefined;
  readonly zone: string | undefined;
  /** Families in which this node has addresses. */
  readonly families: readonly Family[];
  /** The source has sent everything once. */
  readonly complete: boolean;
  readonly synced: boolean;
  /** Why the API server could not be asked just now; undefined where it answered, and where the source is a folder. */
  readonly sourceAway: string | undefined;
  /** Within so many seconds whatever others change is found and put right. */
  readonly auditRoundSeconds: number;
}

export interface ServiceFacts {
  readonly service: ServiceKey;
  /** As the agent has it; undefined where it has none of that name. */
  readonly known: KnownService | undefined;
  /** As the API server has it at this moment; undefined where it could not be asked, or has none. */
  readonly live: LiveService | undefined;
  /** What the agent has is not what the API server has had for a second or longer. */
  readonly isBehind: boolean;
  readonly slices: number;
  readonly endpoints: readonly EndpointFacts[];
  readonly frontends: readonly FrontendFacts[];
  /** Addresses that it asks for and others have: another Node, or another Service as its ClusterIP. */
  readonly heldElsewhere: readonly HeldAddress[];
  /** What `status` says of the Service. */
  readonly problems: readonly Problem[];
  readonly drains: readonly DrainState[];
}

export type HeldAddress =
  | { readonly address: Address; readonly node: string }
  | { readonly address: Address; readonly service: ServiceKey };

export interface KnownService {
  readonly clusterIPs: readonly Address[];
  readonly externalIPs: readonly Address[];
  readonly loadBalancerIPs: readonly Address[];
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: Protocol;
    readonly port: number;
    readonly nodePort: number;
  }[];
  readonly internalPolicy: TrafficPolicy;
  readonly externalPolicy: TrafficPolicy;
  /** Seconds; 0 for none. */
  readonly affinityTimeout: number;
  /** loadBalancerSourceRanges. */
  readonly sourceRanges: readonly string[];
}

/** What of a Service only its object in the API says. */
export interface LiveService {
  readonly type: string;
  /** The label service.kubernetes.io/service-proxy-name; undefined where there is none. */
  readonly proxyName: string | undefined;
  /** Why this proxy does not serve it, completing "left alone, because …"; undefined where it does. */
  readonly leftAlone: { readonly because: string; readonly isOtherProxys: boolean } | undefined;
  /** `app=web,tier=front`; undefined for one whose slices somebody else writes. */
  readonly selector: string | undefined;
  /** targetPort by the name of the port. */
  readonly targetPorts: Readonly<Record<string, string>>;
}

/** One address in one slice. */
export interface EndpointFacts {
  readonly slice: string;
  readonly family: Family;
  readonly address: Address;
  readonly node: string | undefined;
  readonly zone: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
  /** Names and numbers of the ports of its slice. */
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
}

/** One VIP:port/protocol that the Service asks for on this node, or the view of it that clients inside have. */
export interface FrontendFacts {
  readonly key: FrontendKey;
  readonly address: Address;
  readonly port: number;
  readonly protocol: Protocol;
  /** 0 unless it is the view of clients inside. */
  readonly mark: number;
  readonly kind: ClaimKind;
  /** Of the ServicePort; empty where it has none. */
  readonly portName: string;
  readonly state: FrontendStateName;
  /** The kernel's own words, or who has it instead. */
  readonly reason: string | undefined;
  /** The Service that has the frontend, where that is another one. */
  readonly holder: ServiceKey | undefined;
  /** What should be programmed; undefined without a usable endpoint. */
  readonly desired: DesiredServer | undefined;
  readonly traffic: readonly TrafficSet[];
  /** Ranges of clients that may reach it; undefined where everybody may. */
  readonly sources: readonly string[] | undefined;
  /** Where no slice has the port: what they have instead. */
  readonly offered: string | undefined;
  /** Whether its address is to be bound and guarded, so that all its ports are ours. */
  readonly isBound: boolean;
}

export interface DesiredServer {
  readonly scheduler: string;
  readonly persistenceTimeout: number;
  readonly servers: readonly { readonly key: RealServerKey; readonly weight: number }[];
}
