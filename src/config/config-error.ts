import { type Problem, problemText } from '../model/problem.js';

/** A configuration that cannot be used. Holds everything that is wrong with it, not only the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join('\n'));
    this.problems = problems;
  }
}

/** A configuration of which nothing at all could be read. */
export function unreadableConfig(subject: string, message: string, remedy: string): ConfigError {
  return new ConfigError([{ kind: 'source', subject, message, remedy }]);
}

/** What is wrong with a document, before it is known whether the file or a flag is its subject. */
export type Complaint = Pick<Problem, 'field' | 'message' | 'remedy'>;
