import type { Logger } from 'pino';
import { type Problem, problemText } from '../model/problem.js';
import type { PassReport } from '../model/sync-state.js';

/**
 * What the agent writes to its log: one line for each pass that changed something, and each problem once when it
 * appears and once when it goes.
 */
export class PassLog {
  readonly #logger: Logger;
  #known: ReadonlyMap<string, Problem> = new Map();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  passed(report: PassReport): void {
    const { done, refused, skipped, drift, services, milliseconds, lag } = report;
    if (done.size + refused + drift === 0) return;
    const fields = {
      operations: Object.fromEntries(done),
      refused,
      skipped,
      drift,
      services,
      milliseconds: round(milliseconds),
      lagMilliseconds: lag === undefined ? undefined : round(lag),
    };
    if (refused > 0) this.#logger.warn(fields, 'programmed in part');
    else this.#logger.info(fields, drift > 0 ? 'repaired what others had changed' : 'programmed');
  }

  problems(problems: readonly Problem[]): void {
    const now = new Map(problems.map((problem) => [problemText(problem), problem]));
    for (const [text, problem] of now)
      if (!this.#known.has(text))
        this.#logger.warn({ kind: problem.kind, service: problem.service, field: problem.field }, text);
    for (const [text, problem] of this.#known)
      if (!now.has(text)) this.#logger.info({ service: problem.service }, `settled: ${text}`);
    this.#known = now;
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
