import type { Logger } from 'pino';
import type { Clock } from '../model/clock.js';
import { type Operation, operationText } from '../model/operation.js';
import type { Outcome } from '../model/outcome.js';
import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import type { PassReport } from '../model/sync-state.js';
import { ProblemChanges } from './problem-changes.js';
import { RepeatGate } from './repeat-gate.js';

/** Of problems that come at once, and of those that go: whoever makes thousands must not fill the disk. */
const MOST_LINES = 10;

const MONOTONIC = { now: () => performance.now() };

/**
 * What the agent writes to its log: one line for each pass that changed something, and each problem once when it appears and
 * once when it goes; of more than ten at once the number. A line that would repeat comes once a minute at most, with the number of those left out. At debug also every
 * changed Service and every operation.
 */
export class PassLog {
  readonly #logger: Logger;
  readonly #gate: RepeatGate;
  readonly #changes = new ProblemChanges();

  constructor(logger: Logger, clock: Pick<Clock, 'now'> = MONOTONIC) {
    this.#logger = logger;
    this.#gate = new RepeatGate(clock);
  }

  /** The kernel was made ready, one sentence for each thing done and each that is not as it should be. */
  prepared({
    done,
    warnings,
  }: {
    readonly done: readonly string[];
    readonly warnings: readonly string[];
  }): void {
    for (const sentence of done) this.#sparingly('info', {}, sentence);
    for (const sentence of warnings) this.#sparingly('warn', {}, sentence);
  }

  changed(services: Iterable<ServiceKey>): void {
    if (!this.#logger.isLevelEnabled('debug')) return;
    for (const service of services) this.#logger.debug({ service }, 'changed');
  }

  performed(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    if (!this.#logger.isLevelEnabled('debug')) return;
    operations.forEach((operation, index) => {
      const outcome = outcomes[index];
      const errno = outcome !== undefined && 'error' in outcome ? outcome.error.code : undefined;
      this.#logger.debug({ outcome: outcome?.kind, errno }, operationText(operation));
    });
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

  /** A pass could not be made at all; `text` says why and what would mend it. */
  passFailed(text: string): void {
    this.#sparingly('error', {}, text);
  }

  problems(problems: readonly Problem[]): void {
    const { appeared, settled } = this.#changes.take(problems);
    for (const [text, { kind, service, field }] of firstOf(appeared))
      this.#sparingly('warn', { kind, service, field }, text);
    for (const [text, { service }] of firstOf(settled))
      this.#sparingly('info', { service }, `settled: ${text}`);
    const [more, gone] = [appeared.size - MOST_LINES, settled.size - MOST_LINES];
    if (more > 0) this.#logger.warn({ more }, `and ${more} more problems; status shows them`);
    if (gone > 0) this.#logger.info({ more: gone }, `and ${gone} more problems are settled`);
  }

  #sparingly(level: 'info' | 'warn' | 'error', fields: object, text: string): void {
    const heldBack = this.#gate.pass(text);
    if (heldBack === undefined) return;
    this.#logger[level](heldBack > 0 ? { ...fields, repeated: heldBack } : fields, text);
  }
}

function firstOf(problems: ReadonlyMap<string, Problem>): (readonly [string, Problem])[] {
  return [...problems].slice(0, MOST_LINES);
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
