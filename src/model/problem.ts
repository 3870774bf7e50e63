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
   * What many problems have in common where one thing has gone wrong: the log tells it once. Its words do not depend on the
   * subject: `the API server cannot be reached`.
   */
  readonly cause?: string;
  /** Every node finds the same, in the same words: then one Event for all of them is enough. */
  readonly everywhere?: boolean;
  readonly message: string;
  readonly remedy: string;
}

/**
 * source: the text or object could not be read. object: a field of it makes no sense.
 * conflict: two owners claim one thing. kernel: the kernel refused.
 */
export type ProblemKind = 'source' | 'object' | 'conflict' | 'kernel';

export function problemText(problem: Problem): string {
  const place = problem.field === undefined ? problem.subject : `${problem.subject}, ${problem.field}`;
  return `${place}: ${problem.message} ${problem.remedy}`;
}
