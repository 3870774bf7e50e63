import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { shippedNode } from '../watch/machine.js';
import type { AgentOrder } from './agent-run.js';
import { type Cell, vipBindingOf } from './cells.js';
import type { Network } from './network.js';
import { type Asked, askedIn, STRACE } from './traced.js';

type AgentProcess = ChildProcessByStdio<Writable, Readable, null>;

/** The process of agent.ts on the node of a network, which does what it is ordered. */
export class RunningAgent {
  readonly #process: AgentProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<string>;

  private constructor(agent: AgentProcess, lines: Interface) {
    this.#process = agent;
    this.#lines = lines[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve) =>
      agent.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)),
    );
    // It is told by the answer that does not come.
    agent.stdin.on('error', () => undefined);
  }

  static async start(
    { mode, services, endpoints }: Pick<Cell, 'mode' | 'services' | 'endpoints'>,
    network: Pick<Network, 'inside'>,
  ): Promise<RunningAgent> {
    const program = join(import.meta.dirname, 'agent.js');
    // Without them V8 looks through its whole heap for the first time while 1,000 Services are programmed, a fifth of a
    // second on one processor, or a little earlier, which is in no figure.
    const numbers = [services, endpoints].map(String);
    const words = [...shippedNode(), '--expose-gc', program, ...numbers, vipBindingOf(mode)];
    const [command = '', ...rest] = network.inside('node', words);
    const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    const agent = new RunningAgent(child, createInterface({ input: child.stdout }));
    await agent.#answer();
    return agent;
  }

  async order<T>(order: AgentOrder): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    return (await this.#answer()) as T;
  }

  async tracedOrder(order: AgentOrder): Promise<Asked> {
    const trace = join(tmpdir(), `trace-${this.#process.pid}`);
    const words = [...STRACE.slice(1), '-o', trace, '-p', String(this.#process.pid)];
    const strace = spawn(STRACE[0] ?? '', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(strace, 'close');
    // It says to which threads it has attached.
    await Promise.race([once(strace.stderr, 'data'), ended]);
    await this.order(order);
    strace.kill('SIGINT');
    await ended;
    return askedIn(readFileSync(trace, 'utf8'));
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }

  async #answer(): Promise<unknown> {
    const { done, value } = await this.#lines.next();
    if (done === true) throw new Error(`the agent died: ${await this.#ended}`);
    return JSON.parse(value);
  }
}
