import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellResult, Change, ChangeKind, Restart } from './cell-results.js';
import { type Cell, isFloor, isKubeProxy, type ModeName, vipBindingOf } from './cells.js';
import { KubeProxyContender, KubeProxyProgrammer } from './kube-proxy.js';
import type { Network } from './network.js';
import { isRuleFileOf, type RuleFile, ruleFileName, wholeText } from './rule-files.js';
import type { RuleService } from './rule-service.js';
import { RunningAgent } from './running-agent.js';
import { type Asked, askedIn, STRACE } from './traced.js';

/** Something that programs Services on the node of a network. */
export interface Contender {
  program(): Promise<CellResult['program']>;
  /** What a process that has long been running has behind it; undefined where each change has a process of its own. */
  warmUp(): Promise<Change | undefined>;
  change(kind: ChangeKind, number: number): Promise<Change>;
  /** Once more, by a new process, with everything in place. */
  restart(): Promise<Restart>;
  /** Programs from nothing under the eyes of strace. */
  askFor(): Promise<Asked>;
  close(): Promise<void>;
}

/** The same with Services of any kind, all of them each time. */
export interface Programmer {
  begin(services: readonly RuleService[]): Promise<void>;
  put(services: readonly RuleService[]): Promise<void>;
  /** A new process finds everything in place. */
  restart(services: readonly RuleService[]): Promise<void>;
  close(): Promise<void>;
}

export function programmerOf(cell: Cell, network: Network, folders: Folders): Programmer {
  if (isKubeProxy(cell.mode)) return new KubeProxyProgrammer(folders.kubeProxy, cell, network);
  return cell.mode.startsWith('ipvs')
    ? new AgentProgrammer(cell, network)
    : new RuleProgrammer(cell, network, folders);
}

export interface Folders {
  /** With the compiled programs of tools/. */
  readonly tools: string;
  /** With the rule files of the cell's size. */
  readonly rules: string;
  /** In memory: reading from the machine's disk would stop a counted clock. */
  readonly scratch: string;
  /** Of a kube-proxy; empty where none was given. */
  readonly kubeProxy: string;
}

export function contenderOf(cell: Cell, network: Network, folders: Folders): Promise<Contender> {
  if (isKubeProxy(cell.mode))
    return KubeProxyContender.create(folders.kubeProxy, cell, network, folders.tools);
  if (isFloor(cell.mode)) return Promise.resolve(new FloorContender(cell, network, folders));
  return cell.mode.startsWith('ipvs')
    ? AgentContender.start(cell, network)
    : Promise.resolve(new RuleContender(cell, network, folders));
}

class AgentContender implements Contender {
  readonly #cell: Cell;
  readonly #network: Network;
  #agent: RunningAgent;

  private constructor(cell: Cell, network: Network, agent: RunningAgent) {
    this.#cell = cell;
    this.#network = network;
    this.#agent = agent;
  }

  static async start(cell: Cell, network: Network): Promise<AgentContender> {
    return new AgentContender(cell, network, await RunningAgent.start(cell, network));
  }

  program(): Promise<CellResult['program']> {
    return this.#agent.order({ kind: 'program' });
  }

  warmUp(): Promise<Change> {
    return this.#agent.order({ kind: 'warm up' });
  }

  change(change: ChangeKind, number: number): Promise<Change> {
    return this.#agent.order({ kind: 'change', change, number });
  }

  askFor(): Promise<Asked> {
    return this.#agent.tracedOrder({ kind: 'program' });
  }

  async restart(): Promise<Restart> {
    await this.#agent.end();
    this.#agent = await RunningAgent.start(this.#cell, this.#network);
    return this.program();
  }

  close(): Promise<void> {
    return this.#agent.end();
  }
}

/** The objects of IPVS alone, by the C program that the agent is measured against elsewhere (bench/kernel). */
class FloorContender implements Contender {
  readonly #cell: Cell;
  readonly #network: Network;
  readonly #tools: string;

  constructor(cell: Cell, network: Network, { tools }: Folders) {
    this.#cell = cell;
    this.#network = network;
    this.#tools = tools;
  }

  async program(): Promise<CellResult['program']> {
    const { services, endpoints, mode } = this.#cell;
    const numbers = [services, NONE_HASHING, services * endpoints, services].map(String);
    const words = [
      join(this.#tools, 'timed'),
      '/dev/null',
      join(this.#tools, 'baseline'),
      ...numbers,
      vipBindingOf(mode),
    ];
    const cost = JSON.parse(this.#network.run('node', words)) as TimedCost;
    return { ...cost, firstService: cost.elapsed };
  }

  async warmUp(): Promise<undefined> {}

  change(): Promise<Change> {
    return Promise.reject(new Error('the C program makes no changes'));
  }

  restart(): Promise<Restart> {
    return Promise.reject(new Error('the C program takes nothing over'));
  }

  askFor(): Promise<Asked> {
    return Promise.reject(new Error('the C program is not traced'));
  }

  async close(): Promise<void> {}
}

const NONE_HASHING = 0;

class AgentProgrammer implements Programmer {
  readonly #mode: ModeName;
  readonly #network: Network;
  #agent: RunningAgent | undefined;

  constructor({ mode }: Cell, network: Network) {
    this.#mode = mode;
    this.#network = network;
  }

  async begin(services: readonly RuleService[]): Promise<void> {
    this.#agent = await RunningAgent.start({ mode: this.#mode, services: 0, endpoints: 0 }, this.#network);
    await this.#agent.order({ kind: 'know', services });
    await this.#agent.order({ kind: 'program' });
  }

  async put(services: readonly RuleService[]): Promise<void> {
    await this.#agent?.order({ kind: 'put', services });
  }

  async restart(services: readonly RuleService[]): Promise<void> {
    await this.close();
    await this.begin(services);
  }

  async close(): Promise<void> {
    await this.#agent?.end();
  }
}

class RuleProgrammer implements Programmer {
  readonly #mode: ModeName;
  readonly #rules: RuleContender;

  constructor(cell: Cell, network: Network, folders: Folders) {
    this.#mode = cell.mode;
    this.#rules = new RuleContender(cell, network, folders);
  }

  async begin(services: readonly RuleService[]): Promise<void> {
    this.#rules.load(wholeText(this.#mode, services));
  }

  put(services: readonly RuleService[]): Promise<void> {
    return this.begin(services);
  }

  restart(services: readonly RuleService[]): Promise<void> {
    return this.begin(services);
  }

  async close(): Promise<void> {}
}

/** iptables and nftables: a tool reads a file of rules. */
class RuleContender implements Contender {
  readonly #cell: Cell;
  readonly #network: Network;
  readonly #folders: Folders;

  constructor(cell: Cell, network: Network, folders: Folders) {
    this.#cell = cell;
    this.#network = network;
    this.#folders = folders;
    mkdirSync(folders.scratch, { recursive: true });
    // All before anything is timed, how many changes there are in a second among it.
    for (const name of readdirSync(folders.rules))
      if (isRuleFileOf(cell.mode, name)) copyFileSync(join(folders.rules, name), join(folders.scratch, name));
    if (cell.mode.startsWith('iptables')) this.#give({ mode: cell.mode, kind: 'jumps' }, this.#tool());
  }

  async program(): Promise<CellResult['program']> {
    const { mode } = this.#cell;
    const words = mode === 'iptables-by-rule' ? ['sh'] : this.#tool();
    const cost = this.#give({ mode, kind: 'whole' }, words);
    return { ...cost, firstService: cost.elapsed };
  }

  async warmUp(): Promise<undefined> {}

  async change(kind: ChangeKind, number: number): Promise<Change> {
    return this.#give({ mode: this.#cell.mode, kind, number }, this.#tool());
  }

  async restart(): Promise<Restart> {
    const { elapsed, processor } = this.#give({ mode: this.#cell.mode, kind: 'whole' }, this.#tool());
    return { elapsed, processor };
  }

  async close(): Promise<void> {}

  load(text: string): void {
    const file = join(this.#folders.scratch, 'services');
    writeFileSync(file, text);
    this.#network.run('node', [join(this.#folders.tools, 'timed'), file, ...this.#tool()]);
  }

  async askFor(): Promise<Asked> {
    const trace = join(this.#folders.scratch, 'trace');
    this.#give({ mode: this.#cell.mode, kind: 'whole' }, [...STRACE, '-o', trace, ...this.#tool()]);
    return askedIn(readFileSync(trace, 'utf8'));
  }

  #tool(): readonly string[] {
    if (!this.#cell.mode.startsWith('iptables')) return NFT;
    return [
      this.#cell.mode === 'iptables-nft' ? 'iptables-nft-restore' : 'iptables-legacy-restore',
      ...RESTORE,
    ];
  }

  #give(file: RuleFile, words: readonly string[]): TimedCost & { readonly bytes: number } {
    const here = join(this.#folders.scratch, ruleFileName(file));
    const output = this.#network.run('node', [join(this.#folders.tools, 'timed'), here, ...words]);
    return { ...(JSON.parse(output) as TimedCost), bytes: statSync(here).size };
  }
}

const RESTORE = ['-w', '5', '--noflush', '--counters'];
const NFT = ['nft', '-f', '-'];

/** What tools/timed.c prints. */
interface TimedCost {
  readonly elapsed: number;
  readonly processor: number;
  readonly peakMemory: number;
}
