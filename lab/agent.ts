import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { AgentNotRunning, askAgent } from '../src/cli/admin-client.js';
import type { StatusReport } from '../src/model/status-report.js';
import { beforeExit } from './before-exit.js';
import type { CommandResult } from './command.js';
import type { Host } from './host.js';
import { PROJECT_FOLDER } from './project-folder.js';
import { WaitedInVain, waitUntil } from './wait-until.js';

/** The program as it is shipped. */
export const PROGRAM = join(PROJECT_FOLDER, 'dist/kube-ipvs-proxy.js');

interface AgentOptions {
  /** The folder that it watches; undefined where `arguments` name another source. */
  readonly manifests?: string;
  /** A path of its own for each agent: sockets of all namespaces share one file system. */
  readonly adminSocket: string;
  readonly arguments?: readonly string[];
  /** Words of a command that runs the program, as `setpriv` or `env` do. */
  readonly within?: readonly string[];
}

/** The real agent, as a process of its own inside a node of the lab. */
export class Agent {
  static readonly #alive = new Set<Agent>();
  /** What it wrote, line by line. */
  readonly log: string[] = [];
  readonly #node: Host;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #adminSocket: string;
  readonly #ended: Promise<unknown>;
  readonly #callOff: () => void;

  constructor(node: Host, { manifests, adminSocket, arguments: more = [], within = [] }: AgentOptions) {
    const source = manifests === undefined ? [] : ['--manifests', manifests];
    const words = ['run', ...source, '--admin-socket', adminSocket, ...more];
    const [command = '', ...rest] = node.namespace.inside([...within, process.execPath, PROGRAM, ...words]);
    // A group of its own: Ctrl-C on the terminal is for the lab, which ends the agent in good order.
    this.#process = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#node = node;
    this.#adminSocket = adminSocket;
    this.#ended = once(this.#process, 'close');
    for (const stream of [this.#process.stdout, this.#process.stderr])
      createInterface(stream).on('line', (line) => this.log.push(line));
    this.#callOff = beforeExit(() => this.stop());
    Agent.#alive.add(this);
  }

  /** Those that nobody has ended. */
  static get alive(): readonly Agent[] {
    return [...Agent.#alive];
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves when everything in the folder is programmed. */
  async ready(seconds = 120): Promise<void> {
    await this.until(
      'everything programmed',
      ({ agent }) => agent?.complete === true && agent.synced,
      seconds,
    );
  }

  /** Undefined while nobody answers on the admin socket. */
  async status(): Promise<StatusReport | undefined> {
    try {
      return (await askAgent(this.#adminSocket, '/status')) as StatusReport;
    } catch (error) {
      if (error instanceof AgentNotRunning) return undefined;
      throw error;
    }
  }

  /** Waits for a status as wished, and says on failure what the agent had to say. */
  async until(what: string, wished: (report: StatusReport) => boolean, seconds = 60): Promise<StatusReport> {
    let last: StatusReport | undefined;
    const look = async () => {
      if (!this.running) throw new Error(`the agent ended\n${this.#tail()}`);
      last = await this.status();
      return last !== undefined && wished(last) && last;
    };
    try {
      return await waitUntil(look, { what, seconds });
    } catch (error) {
      if (!(error instanceof WaitedInVain)) throw error;
      throw new Error(`${error.message}; ${JSON.stringify(last)}\n${this.#tail()}`);
    }
  }

  /** Has its node write a support bundle to that file, whether it runs or not. */
  async supportBundle(file: string): Promise<CommandResult> {
    const words = ['support-bundle', '-o', file, '--admin-socket', this.#adminSocket];
    return this.#node.namespace.try([process.execPath, PROGRAM, ...words]);
  }

  /** As Kubernetes stops a pod. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** As a crash. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#callOff();
    Agent.#alive.delete(this);
    if (this.running) this.#process.kill(signal);
    await this.#ended;
  }

  #tail(): string {
    return this.log.slice(-15).join('\n');
  }
}
