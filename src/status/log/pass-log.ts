import type { Logger } from 'pino';
import type { Clock } from '../../model/clock.js';
import {
  type Operation,
  type OperationKind,
  type Outcome,
  operationText,
  singly,
} from '../../model/operation.js';
import { MOST_PROBLEMS, type Problem, problemGroups, problemText } from '../../model/problem.js';
import type { ServiceKey } from '../../model/service-key.js';
import type { PassReport } from '../../model/sync-state.js';
import { type Rate, RepeatGate, TokenBucket } from '../rate-limits.js';
import { ProblemChanges } from './problem-changes.js';

const MONOTONIC: Clock = {
  now: () => performance.now(),
  // No line keeps the process alive; `close` writes the last.
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

/** A pass after a quiet time has its line at once; those that follow have one together. */
const SUMMARY_MILLISECONDS = 30_000;
/** Lines about problems, whatever tenants make wrong. */
const PROBLEM_LINES: Rate = { burst: 100, refill: 10_000 };

/**
 * What the agent writes to its log: what passes changed, in one line for those of half a minute, and each problem once
 * when it appears and once when it goes; many of one cause are one line. A line that would repeat comes once a minute
 * at most, with the number of those left out. At debug also every pass, every changed Service and every operation.
 */
export class PassLog {
  readonly #logger: Logger;
  readonly #gate: RepeatGate;
  readonly #clock: Clock;
  readonly #changes = new ProblemChanges();
  readonly #problemLines: TokenBucket;
  /** Causes that a line has named and that have not gone. */
  readonly #causes = new Map<string, string>();
  #notWritten = 0;
  #summary = new PassSummary();
  #cancelSummary: (() => void) | undefined;

  constructor(logger: Logger, clock: Clock = MONOTONIC) {
    this.#logger = logger;
    this.#clock = clock;
    this.#gate = new RepeatGate(clock);
    this.#problemLines = new TokenBucket(clock, PROBLEM_LINES);
  }

  /** Writes what waits for its summary. */
  close(): void {
    this.#cancelSummary?.();
    this.#summarise();
    this.#cancelSummary?.();
  }

  /** The kernel was made ready, one sentence for each thing done and each that is not as it should be. */
  prepared({
    done,
    warnings,
  }: {
    readonly done: readonly string[];
    readonly warnings: readonly string[];
  }): void {
    for (const sentence of done) this.#logOnceAMinute('info', {}, sentence);
    for (const sentence of warnings) this.#logOnceAMinute('warn', {}, sentence);
  }

  changed(services: Iterable<ServiceKey>): void {
    if (!this.#logger.isLevelEnabled('debug')) return;
    for (const service of services) this.#logger.debug({ service }, 'changed');
  }

  performed(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    operations.forEach((operation, index) => {
      if (outcomes[index]?.kind === 'done') this.#handedOver(operation);
    });
    if (!this.#logger.isLevelEnabled('debug')) return;
    operations.forEach((operation, index) => {
      const outcome = outcomes[index];
      const errno = outcome !== undefined && 'error' in outcome ? outcome.error.code : undefined;
      for (const single of singly([operation]))
        this.#logger.debug({ outcome: outcome?.kind, errno }, operationText(single));
    });
  }

  #handedOver(operation: Operation): void {
    if (!('set' in operation) || operation.set !== 'node-local') return;
    const { key } = operation.frontend;
    this.#logger.info(
      { frontend: key },
      operation.kind === 'enter-set'
        ? `${key} is left to a process of this node, which listens there`
        : `${key} is no longer left to a process of this node`,
    );
  }

  passed(report: PassReport): void {
    const { done, refused, drift } = report;
    if (done.size + refused + drift === 0) return;
    this.#debugPass(report);
    // What was refused has a line as a problem; another attempt that changed nothing needs none.
    if (done.size + drift === 0) return;
    this.#summary.add(report);
    if (this.#cancelSummary === undefined) this.#summarise();
  }

  /** A pass could not be made at all; `text` says why and what would mend it. */
  passFailed(text: string): void {
    this.#logOnceAMinute('error', {}, text);
  }

  problems(problems: readonly Problem[]): void {
    const { appeared, settled } = this.#changes.take(problems);
    if (appeared.length + settled.length === 0) return;
    for (const [name, group] of problemGroups(appeared)) this.#appeared(name, group);
    const present = new Set(problems.map(({ cause }) => cause));
    for (const [name, group] of problemGroups(settled)) this.#settled(name, group, present);
  }

  #appeared(name: string, group: readonly Problem[]): void {
    const [first] = group;
    if (first?.cause !== undefined) this.#causeAppeared(first.cause, first, group);
    else this.#logEach(name, group, 'warn', '');
  }

  // Others of the same cause, later, have a line once a minute at most.
  #causeAppeared(cause: string, first: Problem, group: readonly Problem[]): void {
    const { kind, service, field } = first;
    const also = group.slice(1, MOST_PROBLEMS).map(({ subject }) => subject);
    const more = Math.max(group.length - MOST_PROBLEMS, 0);
    const others = { ...(also.length > 0 && { also }), ...(more > 0 && { more }) };
    const text = problemText(first);
    if (!this.#causes.has(cause)) this.#causes.set(cause, text);
    this.#problemLine('warn', { kind, service, field, ...others }, text, cause);
  }

  #settled(name: string, group: readonly Problem[], present: ReadonlySet<string | undefined>): void {
    const cause = group[0]?.cause;
    if (cause === undefined) this.#logEach(name, group, 'info', 'settled: ');
    else if (!present.has(cause)) this.#causeSettled(cause);
  }

  #causeSettled(cause: string): void {
    const text = this.#causes.get(cause) ?? cause;
    this.#causes.delete(cause);
    this.#problemLine('info', {}, `settled: ${text}`, `settled: ${cause}`);
  }

  #logEach(subject: string, group: readonly Problem[], level: 'warn' | 'info', prefix: string): void {
    for (const problem of group.slice(0, MOST_PROBLEMS)) {
      const { kind, service, field } = problem;
      const text = `${prefix}${problemText(problem)}`;
      this.#problemLine(level, { kind, service, field }, text, text);
    }
    const more = group.length - MOST_PROBLEMS;
    if (more <= 0) return;
    const text = `${prefix}${subject}: ${more} more ${more === 1 ? 'problem' : 'problems'}.`;
    this.#problemLine(level, {}, text, text);
  }

  #problemLine(level: 'warn' | 'info', fields: object, text: string, key: string): void {
    if (!this.#problemLines.take()) {
      this.#notWritten++;
      return;
    }
    const left = this.#notWritten > 0 ? { ...fields, notWritten: this.#notWritten } : fields;
    if (this.#logOnceAMinute(level, left, text, key)) this.#notWritten = 0;
  }

  #debugPass(report: PassReport): void {
    if (!this.#logger.isLevelEnabled('debug')) return;
    const one = new PassSummary();
    one.add(report);
    this.#logger.debug({ pass: one.fields }, one.message);
  }

  #summarise(): void {
    const summary = this.#summary;
    this.#cancelSummary = undefined;
    if (summary.passes === 0) return;
    this.#summary = new PassSummary();
    this.#logger.info(summary.fields, summary.message);
    this.#cancelSummary = this.#clock.after(SUMMARY_MILLISECONDS, () => this.#summarise());
  }

  #logOnceAMinute(level: 'info' | 'warn' | 'error', fields: object, text: string, key = text): boolean {
    const heldBack = this.#gate.pass(key);
    if (heldBack === undefined) return false;
    this.#logger[level](heldBack > 0 ? { ...fields, repeated: heldBack } : fields, text);
    return true;
  }
}

/** What several passes did, as the fields of one log line. */
class PassSummary {
  #passes = 0;
  #operations = new Map<OperationKind, number>();
  #refused = 0;
  #skipped = 0;
  #drift = 0;
  #services = 0;
  #milliseconds = 0;
  #lag: number | undefined;

  get passes(): number {
    return this.#passes;
  }

  get message(): string {
    if (this.#refused > 0) return 'programmed in part';
    return this.#drift > 0 ? 'repaired what others had changed' : 'programmed';
  }

  /** `milliseconds` and `lagMilliseconds` are those of the slowest pass. */
  get fields(): object {
    return {
      ...(this.#passes > 1 ? { passes: this.#passes } : {}),
      operations: Object.fromEntries(this.#operations),
      refused: this.#refused,
      skipped: this.#skipped,
      drift: this.#drift,
      services: this.#services,
      milliseconds: round(this.#milliseconds),
      lagMilliseconds: this.#lag === undefined ? undefined : round(this.#lag),
    };
  }

  add({ done, refused, skipped, drift, services, milliseconds, lag }: PassReport): void {
    this.#passes++;
    for (const [kind, count] of done) this.#operations.set(kind, (this.#operations.get(kind) ?? 0) + count);
    this.#refused += refused;
    this.#skipped += skipped;
    this.#drift += drift;
    this.#services += services;
    this.#milliseconds = Math.max(this.#milliseconds, milliseconds);
    if (lag !== undefined) this.#lag = Math.max(this.#lag ?? 0, lag);
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
