import type { Clock } from '../../model/clock.js';
import {
  movedAddresses,
  NO_OTHER_NODES,
  type NodeAddresses,
  type OtherNodes,
  otherNodes,
} from '../../model/node.js';
import type { Problem } from '../../model/problem.js';
import type { ApiTransport } from '../transport/api-transport.js';
import { AttemptLoop, type ReachabilityProbe } from './attempt-loop.js';
import { FAILED_PERIOD, quarterLonger } from './back-off.js';
import { listNodeTable, listWholeNodes, type NodeList } from './node-listing.js';
import { type FailureKind, failureProblem, isPassing, type WatchFailure } from './watch-failure.js';

/** Between two looks, in milliseconds; up to a quarter longer by chance. */
const SHORTEST_PERIOD = 600_000;

/** What the looks of all nodes together may cost the API server, however many nodes there are. */
const BYTES_PER_MILLISECOND = 10_000;

/** Failures that are found out after the listing was sent: asked for again as seldom as without them. */
const COSTLY: ReadonlySet<FailureKind> = new Set(['corrupt', 'oversized', 'internal']);

/** Of single Nodes that are not in order; of more only the number is given. */
const MOST_PROBLEMS = 10;

interface RosterParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly probe: ReachabilityProbe;
  /** Of this program's own Node, which is none of the others. */
  readonly nodeName: string | undefined;
  /** Whether what the table of these Nodes leaves out may matter. */
  readonly needsWhole: (nodes: readonly NodeAddresses[]) => boolean;
  readonly listener: RosterListener;
}

interface RosterListener {
  /** Addresses of other Nodes have come, gone or passed to another Node. */
  otherNodesChanged(others: OtherNodes): void;
  /** All that is wrong with the last look and what it found. */
  problemsFound(problems: readonly Problem[]): void;
}

/**
 * Which addresses other Nodes have, looked at from time to time. A watch of all Nodes would bring every heartbeat of
 * every kubelet to every node; addresses change when Nodes come and go. Whatever breaks, what was known stays.
 */
export class NodeRoster {
  /** Resolves when the first look has ended, however it did. */
  readonly firstLookEnded: Promise<void>;
  readonly #parts: RosterParts;
  readonly #loop: AttemptLoop;
  #nodes: readonly NodeAddresses[] = [];
  #others = NO_OTHER_NODES;
  /** The last listing of whole Nodes, while they are needed. */
  #whole: readonly NodeAddresses[] = [];
  #wholeProblems: readonly Problem[] = [];
  #wholeDue = Number.NEGATIVE_INFINITY;
  #failuresInRow = 0;
  /** Who waits for the look under way, or the next one, to end. */
  readonly #waiting: (() => void)[] = [];

  constructor(parts: RosterParts) {
    this.#parts = parts;
    this.#loop = new AttemptLoop({
      ...parts,
      attempt: (abort) => this.#attempt(abort),
      failed: (failure) => this.#failed(failure),
      lasting: (failure) => parts.listener.problemsFound([this.#problem(failure)]),
    });
    this.firstLookEnded = this.#lookEnded();
  }

  /** Nodes that were seen last, this program's own included; 0 before the first look. */
  get size(): number {
    return this.#nodes.length;
  }

  start(): void {
    this.#loop.start();
  }

  /**
   * Looks at once where what was seen last no longer is enough. Resolves when that look has ended, however it did.
   * After a failure it waits for its back-off all the same.
   */
  async reconsider(): Promise<void> {
    const isNarrow = this.#nodes.length > 0 && this.#whole.length === 0 && this.#failuresInRow === 0;
    if (this.#loop.stopped || !isNarrow || !this.#parts.needsWhole(this.#nodes)) return;
    this.#loop.wake();
    await this.#lookEnded();
  }

  /** Resolves when no request is under way any more. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #lookEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async #attempt(abort: AbortController): Promise<number> {
    try {
      return await this.#look(abort);
    } catch (error) {
      if (!this.#loop.stopped) this.#failuresInRow++;
      throw error;
    } finally {
      for (const ended of this.#waiting.splice(0)) ended();
    }
  }

  // The table first, always: it is what shows the Node behind which the API server may be.
  async #look(abort: AbortController): Promise<number> {
    const { listener } = this.#parts;
    const table = await listNodeTable(this.#parts, abort);
    const wanted = this.#parts.needsWhole(table.nodes);
    if (!wanted) this.#forgetWhole();
    this.#take(table.nodes);
    const whole = wanted ? await this.#lookAtWhole(table.nodes, abort) : [];
    this.#failuresInRow = 0;
    listener.problemsFound(shortened([...table.problems, ...whole]));
    return this.#fairPeriod(table);
  }

  /** Answers what is wrong with the Nodes found. */
  async #lookAtWhole(table: readonly NodeAddresses[], abort: AbortController): Promise<readonly Problem[]> {
    const { clock } = this.#parts;
    if (clock.now() < this.#wholeDue) return this.#wholeProblems;
    const whole = await listWholeNodes(this.#parts, abort);
    this.#whole = whole.nodes;
    this.#wholeProblems = whole.problems;
    this.#wholeDue = clock.now() + this.#fairPeriod(whole);
    this.#take(table);
    return whole.problems;
  }

  #forgetWhole(): void {
    this.#whole = [];
    this.#wholeProblems = [];
    this.#wholeDue = Number.NEGATIVE_INFINITY;
  }

  /** Takes the Nodes of the table, with what was seen of each as a whole. */
  #take(table: readonly NodeAddresses[]): void {
    const { nodeName, listener } = this.#parts;
    const names = new Set(table.map(({ name }) => name));
    const others = otherNodes([...table, ...this.#whole.filter(({ name }) => names.has(name))], nodeName);
    const moved = movedAddresses(this.#others, others).length > 0;
    this.#nodes = table;
    this.#others = others;
    if (moved && !this.#loop.stopped) listener.otherNodesChanged(others);
  }

  /** After how many milliseconds the same look may be taken again. */
  #fairPeriod({ bytes, nodes }: NodeList): number {
    const period = Math.max(SHORTEST_PERIOD, (bytes * nodes.length) / BYTES_PER_MILLISECOND);
    return quarterLonger(period, this.#parts.random());
  }

  #failed(failure: WatchFailure): number | undefined {
    const passes = isPassing(failure.kind);
    if (!passes || this.#failuresInRow > 1) this.#parts.listener.problemsFound([this.#problem(failure)]);
    if (passes) return undefined;
    const period = COSTLY.has(failure.kind) ? SHORTEST_PERIOD : FAILED_PERIOD;
    return quarterLonger(period, this.#parts.random());
  }

  #problem(failure: WatchFailure): Problem {
    const so =
      this.#nodes.length > 0
        ? ' What was known of other Nodes stays in use.'
        : ' A VIP that is the address of another Node is not noticed until then.';
    return failureProblem(failure, { subject: 'API server, list of all nodes', began: 'the listing', so });
  }
}

function shortened(problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - MOST_PROBLEMS;
  if (more <= 0) return problems;
  const rest: Problem = {
    kind: 'object',
    subject: 'Nodes',
    message: `and ${more} more.`,
    remedy: 'Mend those listed first.',
  };
  return [...problems.slice(0, MOST_PROBLEMS), rest];
}
