import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Address, familyOf } from '../src/model/address.js';
import type { Protocol } from '../src/model/protocol.js';
import type { Namespace } from './namespace.js';
import { peersBinary } from './peers-binary.js';

/** Where a client connects to. */
export interface Target {
  readonly address: Address;
  readonly port: number;
  readonly protocol: Protocol;
  /** The client's own port; the kernel chooses one unless said. */
  readonly sourcePort?: number;
  /** One of the client's own addresses; the kernel chooses one unless said. */
  readonly sourceAddress?: Address;
  /** Milliseconds for the connection, and again for the answer. */
  readonly patience?: number;
}

/** `number` of a command names its open connection later on. */
export interface PeerReply {
  readonly number: number;
  readonly good: boolean;
  readonly milliseconds: number;
  /** The answer, or the name of the error. */
  readonly words: readonly string[];
}

const PATIENCE = 3000;

/** The process that has all sockets of a lab; peers/main.cc tells what it understands. */
export class Peers {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (reply: PeerReply) => void>();
  #last = 0;

  static async start(): Promise<Peers> {
    return new Peers(spawn(await peersBinary(), { stdio: 'pipe', detached: true }));
  }

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.#process = process;
    process.stderr.resume();
    process.stdin.on('error', () => undefined);
    createInterface(process.stdout).on('line', (line) => this.#hear(line));
    process.on('exit', () => this.#fail());
  }

  serve(namespace: Namespace, protocol: Protocol, address: string, port: number, name: string) {
    return this.#must('serve', namespace.name, protocol, address, port, name);
  }

  ask(namespace: Namespace, target: Target): Promise<PeerReply> {
    return this.#tell('ask', namespace.name, ...targetWords(target));
  }

  hold(namespace: Namespace, target: Target): Promise<PeerReply> {
    return this.#tell('hold', namespace.name, ...targetWords(target));
  }

  /** Whoever connects there stays connected. */
  accept(namespace: Namespace, protocol: Protocol, address: string, port: number) {
    return this.#must('accept', namespace.name, protocol, address, port);
  }

  /** Connections that stay open under one number; the first that fails ends it. */
  holdMany(namespace: Namespace, { protocol, address, port, patience = PATIENCE }: Target, count: number) {
    return this.#tell('hold-many', namespace.name, protocol, address, port, count, patience);
  }

  again(held: number): Promise<PeerReply> {
    return this.#tell('again', held);
  }

  close(held: number): Promise<PeerReply> {
    return this.#must('close', held);
  }

  /** Writes a file of /proc/sys as the namespace sees it. */
  write(namespace: Namespace, file: string, value: string): Promise<PeerReply> {
    return this.#must('write', namespace.name, file, value);
  }

  /** All sockets close with the process. */
  stop(): void {
    this.#process.stdin.end();
    this.#process.kill('SIGKILL');
  }

  async #must(...words: readonly (string | number)[]): Promise<PeerReply> {
    const reply = await this.#tell(...words);
    if (!reply.good) throw new Error(`lab-peers: ${words.join(' ')}: ${reply.words.join(' ')}`);
    return reply;
  }

  #tell(...words: readonly (string | number)[]): Promise<PeerReply> {
    const number = ++this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      if (this.#process.exitCode !== null) this.#fail();
      else this.#process.stdin.write(`${number} ${words.join(' ')}\n`);
    });
  }

  #hear(line: string): void {
    const [number, verdict, milliseconds, ...words] = line.split(' ');
    const key = Number(number);
    this.#settle({ number: key, good: verdict === 'ok', milliseconds: Number(milliseconds), words });
  }

  #settle(reply: PeerReply): void {
    this.#waiting.get(reply.number)?.(reply);
    this.#waiting.delete(reply.number);
  }

  #fail(): void {
    for (const number of this.#waiting.keys())
      this.#settle({ number, good: false, milliseconds: 0, words: ['ESRCH'] });
  }
}

function targetWords({
  protocol,
  address,
  port,
  sourcePort = 0,
  sourceAddress,
  patience = PATIENCE,
}: Target) {
  const anyAddress = familyOf(address) === 'IPv4' ? '0.0.0.0' : '::';
  return [protocol, address, port, sourceAddress ?? anyAddress, sourcePort, patience];
}
