import { type Clock, Pause } from '../../model/clock.js';
import type { Problem } from '../../model/problem.js';
import type { ProblemsFound } from '../../model/problem-board.js';
import { codeOf } from '../node/node-files.js';

/** Something of the node that is looked at again and again. */
export interface NodeCheck {
  /** What it looks at, as the subject of a problem. */
  readonly subject: string;
  /** Every answer replaces the one before. Rejects where it could not look. */
  look(): Promise<readonly Problem[]>;
}

/** A look that is not due costs nothing, and one that is due a few small files; what costs more keeps its own time. */
const PERIOD = 10_000;

/**
 * Looks at what would make Services fail though all of ours is as it should be. It changes nothing on the node, and
 * what it reports goes away once it is over.
 */
export class NodeWatch {
  readonly #checks: readonly NodeCheck[];
  readonly #pause: Pause;
  readonly #problemsFound: ProblemsFound;
  #stopped = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(checks: readonly NodeCheck[], clock: Clock, problemsFound: ProblemsFound) {
    this.#checks = checks;
    this.#pause = new Pause(clock);
    this.#problemsFound = problemsFound;
  }

  start(): void {
    this.#ended = this.#goOn();
  }

  /** Resolves once nobody looks any more. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.end();
    return this.#ended;
  }

  async #goOn(): Promise<void> {
    while (!this.#stopped) {
      const found: Problem[] = [];
      for (const check of this.#checks) found.push(...(await lookOf(check)));
      if (this.#stopped) return;
      this.#problemsFound(found);
      await this.#pause.take(PERIOD);
    }
  }
}

async function lookOf(check: NodeCheck): Promise<readonly Problem[]> {
  try {
    return await check.look();
  } catch (error) {
    return [
      {
        kind: 'kernel',
        subject: check.subject,
        message: `could not be looked at (${codeOf(error)}), so no problem is reported when it makes Services fail.`,
        remedy: 'Give the agent the rights that docs/security.md names.',
      },
    ];
  }
}
