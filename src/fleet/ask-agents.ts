import { Writable } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import type { NodeAnswer, NodeOutcome } from '../model/node-answer.js';
import type { NodeAgent } from './agent-pods.js';
import { execInPod, type PodContainer } from './pod-exec.js';

/** Each is a connection through the API server and a process on a node. */
const AT_ONCE = 10;
/** The program's name in its image. */
const PROGRAM = 'kube-ipvs-proxy';

/**
 * Runs one command of the program's own in every agent's pod; a node that is silent costs the others nothing but its
 * place.
 */
export async function askAgents(
  config: KubeConfig,
  agents: readonly NodeAgent[],
  words: readonly string[],
  deadline: number,
): Promise<readonly NodeAnswer[]> {
  const answers: NodeAnswer[] = [];
  const waiting = agents.entries();
  const work = async () => {
    for (const [index, { node, agent, reason }] of waiting)
      answers[index] = {
        node,
        pod: agent?.pod,
        outcome:
          agent === undefined ? { kind: 'no agent', reason } : await ask(config, agent, words, deadline),
      };
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

async function ask(
  config: KubeConfig,
  agent: PodContainer,
  words: readonly string[],
  deadline: number,
): Promise<NodeOutcome> {
  const stdout = new Beginning();
  const stderr = new Beginning();
  const signal = AbortSignal.timeout(deadline);
  try {
    const code = await execInPod(config, agent, [PROGRAM, ...words], { stdout, stderr }, signal);
    return {
      kind: 'ended',
      code,
      output: { text: stdout.text, lines: stdout.lines, errors: stderr.text },
    };
  } catch (error) {
    return { kind: 'no answer', reason: signal.aborted ? silence(deadline) : messageOf(error) };
  }
}

/** Runs a command in one pod, and passes on what it writes as whole lines; answers with its exit code. */
export async function runOnAgent(
  config: KubeConfig,
  agent: PodContainer,
  words: readonly string[],
  deadline: number,
  stdout: Writable = process.stdout,
): Promise<number> {
  const abort = new AbortController();
  // For the first byte alone: `events --follow` goes on for as long as a person wants.
  const timer = setTimeout(() => abort.abort(new Error(silence(deadline))), deadline);
  const output = {
    stdout: new WholeLines(stdout, timer),
    stderr: new WholeLines(process.stderr, timer),
  };
  try {
    return await execInPod(config, agent, [PROGRAM, ...words], output, abort.signal);
  } finally {
    clearTimeout(timer);
    // Whoever goes on with what was written needs the half line at its end.
    await Promise.all([ended(output.stdout), ended(output.stderr)]);
  }
}

function ended(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.end(() => resolve()));
}

function silence(deadline: number): string {
  return `no answer within ${deadline / 1000} s`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const MOST_KEPT = 64 * 1024;

/** Keeps the first part of what is written, and counts the lines of all of it. */
class Beginning extends Writable {
  #kept = Buffer.alloc(0);
  lines = 0;

  get text(): string {
    return this.#kept.toString();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const byte of chunk) if (byte === 0x0a) this.lines++;
    if (this.#kept.length < MOST_KEPT) this.#kept = Buffer.concat([this.#kept, chunk]).subarray(0, MOST_KEPT);
    done();
  }
}

/** Ctrl-C may end this process at any time, and should leave no half line on the screen. */
class WholeLines extends Writable {
  readonly #to: Writable;
  readonly #untilFirst: NodeJS.Timeout;
  #rest = Buffer.alloc(0);

  constructor(to: Writable, untilFirst: NodeJS.Timeout) {
    super();
    this.#to = to;
    this.#untilFirst = untilFirst;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    clearTimeout(this.#untilFirst);
    const all = Buffer.concat([this.#rest, chunk]);
    const end = all.lastIndexOf(0x0a) + 1;
    this.#rest = all.subarray(end);
    if (end > 0) this.#to.write(all.subarray(0, end));
    done();
  }

  override _final(done: () => void): void {
    if (this.#rest.length > 0) this.#to.write(this.#rest);
    done();
  }
}
