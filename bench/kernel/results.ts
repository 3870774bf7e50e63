import type { AgentRun } from './agent-run.js';
import type { ChangeSamples } from './change.js';

/** Everything one run has measured; bench/results/kernel-*.json. Times in milliseconds unless another unit is named. */
export interface Results {
  readonly machine: Machine;
  readonly size: {
    readonly services: number;
    readonly endpoints: number;
    readonly local: number;
    readonly few: number;
  };
  readonly baselines: readonly BaselineRun[];
  readonly agents: readonly AgentRun[];
  readonly restarts: readonly AgentRun[];
  /** Starts without a kernel, on the machine itself. */
  readonly ownWork: readonly AgentRun[];
  readonly ipvsadm: IpvsadmRun;
  readonly change: ChangeRuns;
  /** The same of Services of every kind; absent from results that are older than it. */
  readonly mixed?: MixedResults;
}

export interface MixedResults {
  /** What the agent has left in the kernel. The C program made as many of each. */
  readonly content: KernelContent;
  readonly baselines: readonly BaselineRun[];
  readonly agents: readonly AgentRun[];
  readonly restarts: readonly AgentRun[];
  readonly ownWork: readonly AgentRun[];
  readonly change: ChangeRuns;
}

export interface ChangeRuns {
  readonly few: readonly ChangeSamples[];
  readonly many: readonly ChangeSamples[];
}

export interface KernelContent {
  readonly virtualServers: number;
  /** Of these, with scheduler mh: the kernel makes its table anew for every real server that is added. */
  readonly hashing: number;
  readonly realServers: number;
  readonly addresses: number;
  /** Of each of our nftables sets that has any, by its name. */
  readonly elements: Readonly<Record<string, number>>;
}

export interface Machine {
  /** netns (the machine's own kernel), uml or vm. */
  readonly kind: string;
  readonly kernel: string;
  readonly processor: string;
  readonly processors: number;
  readonly node: string;
  readonly date: string;
  readonly probe: Probe;
}

/** Microseconds; see probe.c. */
export interface Probe {
  readonly pageFault: number;
  readonly systemCall: number;
  readonly hundredMillionSteps: number;
}

export interface BaselineRun {
  readonly prepare: number;
  readonly virtualServers: number;
  readonly realServers: number;
  readonly addresses: number;
  readonly sets: number;
  readonly total: number;
}

export interface IpvsadmRun {
  /** Virtual servers that it was given. */
  readonly services: number;
  readonly milliseconds: number;
  /** The same with half as many, to show that the time grows evenly. */
  readonly half: number;
  /** What the time has to be multiplied with. */
  readonly times: number;
}
