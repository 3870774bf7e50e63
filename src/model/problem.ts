import type { ServiceKey } from './service-key.js';

/**
 * Something a person has to put right. It never stops the work on anything else.
 * Written as one sentence each: what is wrong and where, and what would mend it.
 */
export interface Problem {
  readonly kind: ProblemKind;
  /** The object it is about, as a person would name it: `Service default/web`, `manifests/web.yaml`. */
  readonly subject: string;
  /** The Service whose status shows it, where there is one. */
  readonly service?: ServiceKey;
  /** The field's path in the object, e.g. `spec.ports[1].port`. */
  readonly field?: string;
  /**
   * What many problems have in common where one thing has gone wrong: the log says it once. Its words do not depend on
   * the subject: `the API server cannot be reached`.
   */
  readonly cause?: string;
  /** Every node finds the same, in the same words: then one Event for all of them is enough. */
  readonly everywhere?: boolean;
  /** The reason of its Event, where that of its kind would say something else. */
  readonly reason?: ProblemReason;
  readonly message: string;
  readonly remedy: string;
  /** It stands for so many others of its subject, of which nothing else is said. */
  readonly more?: number;
}

/** Problems shown of one subject: an object with a thousand bad entries has one cause, not a thousand. */
export const MOST_PROBLEMS = 10;

/** What is shown instead of so many more. */
export function andMore(count: number): Pick<Problem, 'message' | 'remedy' | 'more'> {
  return { message: `and ${count} more.`, remedy: 'Mend those listed first.', more: count };
}

/**
 * Ten problems of each subject, in their order, and behind them how many more each has: no object may fill log and
 * status.
 */
export function tenOfEach(problems: Iterable<Problem>): Problem[] {
  const counts = new Map<string, number>();
  const overflow = new Map<string, { readonly problem: Problem; count: number }>();
  const shown: Problem[] = [];
  for (const problem of problems) {
    const { subject, more = 0 } = problem;
    const count = counts.get(subject) ?? 0;
    if (more === 0 && count < MOST_PROBLEMS) {
      counts.set(subject, count + 1);
      shown.push(problem);
      continue;
    }
    const rest = overflow.get(subject);
    if (rest === undefined) overflow.set(subject, { problem, count: more || 1 });
    else rest.count += more || 1;
  }
  return [...shown, ...[...overflow.values()].map(restOf)];
}

function restOf({ problem, count }: { readonly problem: Problem; readonly count: number }): Problem {
  const { kind, subject, service } = problem;
  return { kind, subject, ...(service !== undefined && { service }), ...andMore(count) };
}

/**
 * source: the text or object could not be read. object: a field of it makes no sense.
 * conflict: two owners claim one thing. kernel: the kernel refused.
 */
type ProblemKind = 'source' | 'object' | 'conflict' | 'kernel';

/** Stable, as all reasons of Events: alerts match on them (docs/observability.md). */
export type ProblemReason =
  | 'FailedToListenOnLoopback'
  | 'SchedulerReplaced'
  | 'SourcePortsScarce'
  | 'TooManyFrontends'
  | 'UnusableEndpoints'
  | 'UnusedEndpointSlices';

export function problemText(problem: Problem): string {
  const place = problem.field === undefined ? problem.subject : `${problem.subject}, ${problem.field}`;
  return `${place}: ${problem.message} ${problem.remedy}`;
}

/** Problems of one cause together, and of those without a named cause all of one object. */
export function problemGroups(problems: Iterable<Problem>): ReadonlyMap<string, readonly Problem[]> {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const name = problem.cause ?? problem.subject;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [problem]);
    else group.push(problem);
  }
  return groups;
}
