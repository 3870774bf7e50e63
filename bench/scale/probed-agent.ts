import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Acknowledged, ProbeMessage, Spent } from './probe.js';

/** What is measured cannot go on; the message says why, in one sentence. */
export class MeasurementEnded extends Error {
  override readonly name = 'MeasurementEnded';
}

const PROBE = join(import.meta.dirname, 'probe.js');
const LOG_LINES_KEPT = 5;
/** Milliseconds; what counts are the times that the probe tells. */
const LOOK_INTERVAL = 20;
const STOP_PATIENCE = 60_000;

/** The shipped program in a process of its own, with the probe in it. Ends with this process, however this one ends. */
export class ProbedAgent {
  readonly began = now();
  /** When each VIP was opened for connections and each pod got some, for the first time. */
  readonly opened = new Map<string, number>();
  readonly served = new Map<string, number>();
  /** Records of writes that the kernel has answered. */
  records = 0;
  #spent: Spent | undefined;
  #ending: string | undefined;
  readonly #log: string[] = [];
  readonly #process: ChildProcess;

  /** `words` start node with the program. */
  constructor(words: readonly string[], environment: NodeJS.ProcessEnv, probe: string = PROBE) {
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', ...words], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: `--import "${probe}"`, ...environment },
    });
    this.#process.on('message', (message) => this.#take(message as ProbeMessage));
    this.#process.on('error', ({ message }) => this.giveUp(`it could not be started: ${message}`));
    this.#process.on('exit', (code, signal) =>
      this.giveUp(`the agent ended with ${signal ?? `exit code ${code}`}`),
    );
    for (const stream of [this.#process.stdout, this.#process.stderr])
      if (stream !== null) createInterface(stream).on('line', (line) => this.#keepLine(line));
  }

  /** Waits for what the probe or others tell. Rejects with MeasurementEnded where it does not come any more. */
  async until(what: string, isSo: () => boolean | Promise<boolean>, seconds: number): Promise<void> {
    const deadline = now() + seconds * 1000;
    while (!(await isSo())) {
      this.mustRun(what);
      if (now() > deadline)
        throw new MeasurementEnded(`after ${seconds} s still not: ${what}${this.#lastWords()}`);
      await sleep(LOOK_INTERVAL);
    }
  }

  /** Throws MeasurementEnded where it has ended. */
  mustRun(what: string): void {
    if (this.#ending !== undefined)
      throw new MeasurementEnded(`${this.#ending} before ${what}${this.#lastWords()}`);
  }

  /** What it cost since the last question, or since its start. */
  async spent(): Promise<Spent> {
    this.#spent = undefined;
    // It is told by `until` that the process has ended.
    if (this.#process.connected) this.#process.send({}, () => undefined);
    await this.until('it told what it costs', () => this.#spent !== undefined, 60);
    return this.#spent as unknown as Spent;
  }

  /** Nothing will come any more, for this reason. */
  giveUp(reason: string): void {
    this.#ending ??= reason;
  }

  /** Milliseconds until it had ended in good order. */
  async stop(): Promise<number> {
    const began = now();
    if (this.#process.pid !== undefined && this.#isRunning) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_PATIENCE);
      await ended;
      clearTimeout(timer);
    }
    return now() - began;
  }

  get #isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  #take(message: ProbeMessage): void {
    if (message.kind === 'acknowledged') this.#acknowledge(message);
    else if (message.kind === 'spent') this.#spent = message;
  }

  #acknowledge({ at, records, opened, served }: Acknowledged): void {
    this.records += records;
    for (const [addresses, times] of [[opened, this.opened] as const, [served, this.served] as const])
      for (const address of addresses) if (!times.has(address)) times.set(address, at);
  }

  #keepLine(line: string): void {
    this.#log.push(line);
    if (this.#log.length > LOG_LINES_KEPT) this.#log.shift();
  }

  #lastWords(): string {
    return this.#log.length === 0 ? '' : `. It said last:\n${this.#log.join('\n')}`;
  }
}

/** Milliseconds of the clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
