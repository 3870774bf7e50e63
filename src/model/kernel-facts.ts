import type { Address, Family } from './address.js';
import type { Traffic } from './counters.js';
import type { TrafficSet } from './dataplane.js';
import type { Frontend, FrontendKey } from './frontend.js';
import type { Protocol } from './protocol.js';
import type { RealServerKey } from './real-server.js';
import type { ServiceKey } from './service-key.js';

/** Which frontends the kernel is asked about. */
export interface LookQuestion {
  /** As the agent has them; undefined: those that the ledger says are of the Service, or at the address. */
  readonly frontends: readonly Frontend[] | undefined;
  readonly service: ServiceKey | undefined;
  readonly vip: Address | undefined;
  readonly port: number | undefined;
  /** Undefined: no certain one. */
  readonly client: Address | undefined;
}

/** What the kernel of this node says of some frontends at one moment. */
export interface KernelFacts {
  /** The dummy device is there. */
  readonly hasDevice: boolean;
  /** Our table has its sets. */
  readonly hasTable: boolean;
  readonly frontends: readonly KernelFrontend[];
  /** Their addresses on other devices than ours. */
  readonly otherDevices: readonly { readonly address: Address; readonly device: string }[];
  readonly sysctls: readonly SysctlFact[];
  /** Undefined while the kernel tracks nothing. */
  readonly conntrack: { readonly entries: number; readonly most: number } | undefined;
  /** Bridges whose packets go from port to port without netfilter. */
  readonly bridges: readonly BridgeFact[];
  /** Rules of other programs that drop or rewrite packets to the frontends before us. */
  readonly rules: readonly RuleFact[];
  /** Undefined where there is no virtual server to measure. */
  readonly traffic?: TrafficFacts | undefined;
  /** Undefined where no certain client was asked about. */
  readonly client: ClientFacts | undefined;
  /** What could not be read, one sentence each. */
  readonly unread: readonly string[];
}

export interface KernelFrontend {
  readonly key: FrontendKey;
  readonly address: Address;
  readonly port: number;
  readonly protocol: Protocol;
  readonly mark: number;
  /** Its address is on the dummy device. */
  readonly isBound: boolean;
  readonly isGuarded: boolean;
  readonly isOpen: boolean;
  /** `namespace/name:port` from the ledger; undefined where it is not ours. */
  readonly owner: string | undefined;
  readonly traffic: readonly TrafficSet[];
  readonly sources: readonly string[];
  /** unknown: the kernel did not say. */
  readonly presence: 'present' | 'absent' | 'unknown';
  /** There is a virtual server and it is another program's. */
  readonly isForeign: boolean;
  readonly scheduler: string | undefined;
  readonly persistenceTimeout: number;
  readonly servers: readonly KernelServer[];
}

export interface KernelServer {
  readonly key: RealServerKey;
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

export interface SysctlFact {
  /** `net.ipv4.ip_forward`. */
  readonly name: string;
  /** Undefined where it could not be read. */
  readonly value: string | undefined;
  readonly expected: string;
  /** What goes wrong unless it is set; ends the sentence "…, so". */
  readonly without: string;
}

export interface BridgeFact {
  readonly name: string;
  /** `the module br_netfilter is not loaded`. */
  readonly cause: string;
  /** Tracked connections of clients behind it, to these frontends, whose server is behind it too. */
  readonly answered: number;
  readonly unanswered: number;
}

/** What one rule, or the policy of a chain, does to packets to a frontend. */
export interface RuleFact {
  readonly frontend: FrontendKey;
  /** `ip`, `ip6`, `inet`. */
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** By which `nft delete rule` finds it; undefined for the policy of a chain. */
  readonly handle: number | undefined;
  readonly hook: 'prerouting' | 'input' | 'output';
  readonly effect: 'drops' | 'rejects' | 'rewrites';
  /** It meets every new connection to the frontend, whoever the client is; otherwise some may pass. */
  readonly isCertain: boolean;
}

/** Whether anything goes through, measured for a moment. */
export interface TrafficFacts {
  readonly milliseconds: number;
  readonly frontends: readonly TrafficFact[];
}

interface TrafficFact {
  readonly frontend: FrontendKey;
  /** Since the virtual server was made. */
  readonly total: Traffic;
  /** During the moment. */
  readonly more: Traffic;
}

export interface ClientFacts {
  readonly address: Address;
  readonly affinity: readonly AffinityFact[];
  /** Of IPVS, by frontend and server; at most a hundred. */
  readonly connections: readonly ConnectionFact[];
}

export interface AffinityFact {
  readonly frontend: FrontendKey;
  readonly server: RealServerKey;
  readonly secondsLeft: number;
}

export interface ConnectionFact {
  readonly frontend: FrontendKey;
  readonly server: RealServerKey;
  /** `ESTABLISHED`, as IPVS calls it. */
  readonly state: string;
  readonly count: number;
}

/** What became of one connection that was tried from this node. */
export interface TriedConnection {
  /** A frontend's or an endpoint's. */
  readonly address: Address;
  readonly port: number;
  readonly family: Family;
  readonly target: 'frontend' | 'endpoint';
  readonly result: 'answered' | 'refused' | 'silent' | 'unreachable';
  readonly milliseconds: number;
}
