import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { beforeExit } from '../before-exit.js';
import type { Namespace } from '../namespace.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import type { ApiServerOptions } from './api-server.js';
import type { Command, ServerLook } from './command.js';
import type { Greeting, Reply } from './main.js';

const PROGRAM = join(PROJECT_FOLDER, 'dist/lab/api-server/main.js');

/** The test API server in a process of its own, in a namespace if one is given, told what to do over its stdin. */
export class ApiServerProcess {
  readonly url: string;
  readonly port: number;
  /** What clients had to trust when it started, as PEM. */
  readonly authority: string;
  /** Resolves with its exit code or signal. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #replies: AsyncIterator<string>;
  readonly #callOff: () => void;
  #last: Promise<unknown> = Promise.resolve();

  static async start(options: ApiServerOptions = {}, namespace?: Namespace): Promise<ApiServerProcess> {
    const words = [process.execPath, PROGRAM, JSON.stringify(options)];
    const [command = '', ...rest] = namespace?.inside(words) ?? words;
    const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const lines: Interface = createInterface(child.stdout);
    const replies = lines[Symbol.asyncIterator]();
    const greeting = JSON.parse(await nextLine(replies)) as Greeting;
    return new ApiServerProcess(child, replies, greeting);
  }

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    replies: AsyncIterator<string>,
    { url, port, authority }: Greeting,
  ) {
    this.#child = child;
    this.ended = new Promise((resolve) =>
      child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)),
    );
    this.#replies = replies;
    this.url = url;
    this.port = port;
    this.authority = authority;
    this.#callOff = beforeExit(() => this.close());
  }

  /** Resolves when it is done. Several may be told at once; they are done in order. */
  tell(command: Command): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const answer = this.#last.then(() => this.#nextReply());
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async look(): Promise<ServerLook> {
    return (await this.tell({ kind: 'look' })) as ServerLook;
  }

  async close(): Promise<void> {
    this.#callOff();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'close');
    this.#child.stdin.end();
    await ended;
  }

  async #nextReply(): Promise<unknown> {
    const { value, error } = JSON.parse(await nextLine(this.#replies)) as Reply;
    if (error !== undefined) throw new Error(`the API server could not do that: ${error}`);
    return value;
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('the API server ended');
  return value as string;
}
