import type { Operation } from './operation.js';
import type { Problem } from './problem.js';

/** What the commands that end by themselves tell: `plan`, `cleanup` and `--init-only`. */

/** `plan`: what a first pass would do now. */
export interface Rehearsal {
  /** What would be made ready first, one sentence each. */
  readonly preparation: readonly string[];
  readonly operations: readonly Operation[];
  readonly problems: readonly Problem[];
}

export interface CleanupReport {
  /** What was removed, one sentence each. */
  readonly done: readonly string[];
  /** Virtual servers of other programs that were left alone. */
  readonly foreign: number;
  readonly problems: readonly Problem[];
}

/** `--init-only`: what was set up, and what is not as it should be though the work can go on; one sentence each. */
export interface PreparationReport {
  readonly done: readonly string[];
  readonly warnings: readonly string[];
  /** Without these Services do not work as they should. */
  readonly lacking?: readonly string[];
}
