import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type CommandResult, tryCommand } from '../../../lab/command.js';

/** A container of crun, the runtime of many a node. Without control groups, which are not what is tried. */
export class RunningContainer {
  /** What it wrote, line by line. */
  readonly log: string[] = [];
  readonly #id: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(id: string, bundle: string) {
    this.#id = id;
    this.#process = spawn('crun', [...CRUN, 'run', '--bundle', bundle, id], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#process, 'close');
    for (const stream of [this.#process.stdout, this.#process.stderr])
      if (stream !== null) createInterface(stream).on('line', (line) => this.log.push(line));
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** As `kubectl exec`. */
  exec(...words: readonly string[]): Promise<CommandResult> {
    return tryCommand(['crun', ...CRUN, 'exec', this.#id, ...words]);
  }

  /** As Kubernetes stops it; answers with the exit code. */
  async stop(): Promise<number | null> {
    if (this.running) await tryCommand(['crun', ...CRUN, 'kill', this.#id, 'TERM']);
    await this.#ended;
    return this.#process.exitCode;
  }
}

const CRUN = ['--root', '/run/crun', '--cgroup-manager', 'disabled'];
