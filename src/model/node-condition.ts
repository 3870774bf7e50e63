import type { Family } from './address.js';
import type { RuleFact, SysctlFact } from './kernel-facts.js';

/**
 * What `check` reads of a node: what Services need of it, whether there are any yet or not. Reading changes nothing.
 */
export interface NodeCondition {
  readonly modules: readonly ModuleFact[];
  /** Modules of schedulers, by the name of the scheduler. */
  readonly schedulers: readonly ModuleFact[];
  /** Of this process; undefined where it could not be read. */
  readonly hasNetAdmin: boolean | undefined;
  /** Undefined values: the file is not there, as those of IPVS before it is loaded, or could not be read. */
  readonly sysctls: readonly SysctlFact[];
  /** Undefined while there is no IPVS. */
  readonly connectionTable: ConnectionTableFact | undefined;
  readonly rules: RulesFact;
  /** Tables of legacy iptables, `ip filter`: nftables does not show what is in them. */
  readonly legacyTables: readonly string[];
  /** Undefined while the kernel tracks nothing. `most` 0: as many as there is memory for. */
  readonly conntrack: { readonly entries: number; readonly most: number } | undefined;
  /** Bridges whose packets go from port to port without netfilter, and why. */
  readonly bridges: readonly { readonly name: string; readonly cause: string }[];
  readonly links: readonly LinkFact[];
  /** What could not be read, by the name of the key above, and why. */
  readonly unread: Readonly<Record<string, string>>;
}

/** unknown: it is not loaded, and which modules the kernel has cannot be seen from here. */
export type ModuleState = 'loaded' | 'built in' | 'loadable' | 'missing' | 'unknown';

export interface ModuleFact {
  readonly name: string;
  readonly state: ModuleState;
}

export interface ConnectionTableFact {
  /** Buckets. */
  readonly size: number;
  /** Not on Linux 6.12, but on 7.2. */
  readonly grows: boolean;
  readonly connections: number;
}

export interface RulesFact {
  /** Tables of other programs, `inet firewalld`; undefined where they were not read. */
  readonly tables: readonly string[] | undefined;
  /** Frontends of ours of which it was found out what rules of others do to them. */
  readonly frontends: number;
  /** Each rule or policy once. */
  readonly found: readonly RuleFact[];
  /** Families of the frontends of ours. */
  readonly families: readonly Family[];
}

/** A network device that is up. */
export interface LinkFact {
  readonly name: string;
  readonly mtu: number;
  readonly kind: 'uplink' | 'tunnel' | 'pod bridge';
  /** Bytes that a tunnel adds to each packet. */
  readonly overhead: number;
  /** The device that a tunnel sends by. */
  readonly below: { readonly name: string; readonly mtu: number } | undefined;
}

/** What the API server said to one small request. */
export interface ApiServerFact {
  /** 0 where no answer came. */
  readonly status: number;
  readonly milliseconds: number;
  /** How far the clock of this node is ahead of the server's, in seconds; undefined where the answer has no date. */
  readonly clockAhead: number | undefined;
  /** How far that may be wrong, since dates are whole seconds. */
  readonly uncertainty: number;
  /** Why no answer came. */
  readonly failure: string | undefined;
}

/** How the agent of this node answers. */
export type AgentFact =
  | {
      readonly kind: 'answers';
      readonly version: string;
      readonly complete: boolean;
      readonly problems: number;
    }
  | { readonly kind: 'silent' }
  /** Something answers, and not with what was asked for. */
  | { readonly kind: 'unusable'; readonly message: string };
