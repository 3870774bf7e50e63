import type { Clock } from '../../model/clock.js';
import type { Problem } from '../../model/problem.js';
import type { ApiTransport } from '../transport/api-transport.js';
import { AttemptLoop, type ReachabilityProbe } from './attempt-loop.js';
import { FAILED_PERIOD, quarterLonger } from './back-off.js';
import { listNodeRow } from './node-listing.js';
import { failureProblem, isPassing, type WatchFailure } from './watch-failure.js';

/**
 * Milliseconds between two questions of one node, for each Node of the cluster: all together ask 500 times a second.
 */
const SPACING_PER_NODE = 2;

/** Taken for the number of Nodes while it is not known: what Kubernetes is made for. */
const MOST_NODES = 5_000;

/** Milliseconds after which a Node that was ready is asked about again, up to a quarter longer by chance. */
const READY_PERIOD = 60_000;

/** Milliseconds, where nobody waits for an answer. */
const IDLE = 3_600_000;

const UNKNOWN = {
  subject: 'API server, whether a node is ready',
  began: 'the listing',
  so: ' Connections to pods of a node that is lost hang until their drain ends.',
};

interface ReadinessParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly probe: ReachabilityProbe;
  /** Of this program's own Node: what runs on it can be reached, whatever its kubelet says. */
  readonly nodeName: string | undefined;
  /** How many Nodes there are; 0: unknown. */
  readonly nodeCount: () => number;
  readonly listener: ReadinessListener;
}

interface ReadinessListener {
  /** The Node is not ready, or there is none of this name. */
  nodeLost(node: string): void;
  /** All that is wrong with the last question. */
  problemsFound(problems: readonly Problem[]): void;
}

/**
 * Asks whether certain Nodes are ready, one after the other, each by its own row: every node of the cluster may want to
 * know the same at the same moment (docs/decisions/0016).
 */
export class NodeReadiness {
  readonly #parts: ReadinessParts;
  readonly #loop: AttemptLoop;
  #wanted: ReadonlySet<string> = new Set();
  /** From when on a Node may be asked about, on the clock. */
  readonly #due = new Map<string, number>();
  #idle = false;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
    this.#loop = new AttemptLoop({
      ...parts,
      attempt: (abort) => this.#attempt(abort),
      failed: (failure) => this.#failed(failure),
      lasting: () => undefined,
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Resolves when no request is under way any more. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** These Nodes matter now, and no others: what is no longer named is not asked for. */
  ask(nodes: ReadonlySet<string>): void {
    const { clock, random, nodeName } = this.#parts;
    const now = clock.now();
    this.#wanted = new Set([...nodes].filter((node) => node !== nodeName));
    for (const [node, due] of this.#due) if (due <= now && !this.#wanted.has(node)) this.#due.delete(node);
    for (const node of this.#wanted)
      if (!this.#due.has(node)) this.#due.set(node, now + random() * this.#spacing);
    if (this.#idle && this.#wanted.size > 0) this.#loop.wake();
  }

  get #spacing(): number {
    return (this.#parts.nodeCount() || MOST_NODES) * SPACING_PER_NODE;
  }

  /** Answers with the milliseconds until the next question. */
  async #attempt(abort: AbortController): Promise<number> {
    const [node, due] = this.#next();
    this.#idle = node === undefined;
    if (node === undefined) return IDLE;
    const wait = due - this.#parts.clock.now();
    if (wait > 0) return wait;
    await this.#askFor(node, abort);
    return this.#spacing;
  }

  #next(): readonly [string | undefined, number] {
    let first: readonly [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const node of this.#wanted) {
      const due = this.#due.get(node) ?? 0;
      if (due < first[1]) first = [node, due];
    }
    return first;
  }

  async #askFor(node: string, abort: AbortController): Promise<void> {
    const { clock, random, listener } = this.#parts;
    const { nodes } = await listNodeRow(node, this.#parts, abort);
    this.#loop.succeeded();
    listener.problemsFound([]);
    const row = nodes.find(({ name }) => name === node);
    if (row !== undefined && row.isReady !== false) {
      this.#due.set(node, clock.now() + quarterLonger(READY_PERIOD, random()));
      return;
    }
    this.#due.delete(node);
    this.#wanted = new Set([...this.#wanted].filter((other) => other !== node));
    if (!this.#loop.stopped) listener.nodeLost(node);
  }

  // That the server is away is reported by whoever follows Services.
  #failed(failure: WatchFailure): number | undefined {
    if (isPassing(failure.kind)) return undefined;
    this.#parts.listener.problemsFound([failureProblem(failure, UNKNOWN)]);
    return quarterLonger(FAILED_PERIOD, this.#parts.random());
  }
}
