import type { EventEmitter } from 'node:events';

/**
 * 0 good, 1 a problem was found, 2 the command line or the configuration makes no sense, 3 the agent cannot be reached,
 * 4 there is nothing of what was asked for. */
export const EXIT = { good: 0, problem: 1, usage: 2, unreachable: 3, nothingFound: 4 } as const;

/**
 * `status | head -1`: a reader that wants no more ends no command with a stack trace; the exit code stays what it is.
 */
export function ignoreClosedPipe(stream: EventEmitter): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** What an error that ended a command comes to; said on stderr, unless whoever read the words has said it. */
export function endedBy(error: unknown): number {
  if (error instanceof Error && 'exitCode' in error && 'code' in error && isOfCommandLine(error.code))
    return error.exitCode === 0 ? EXIT.good : EXIT.usage;
  process.stderr.write(`kube-ipvs-proxy: ${explainFailure(error)}\n`);
  return error instanceof Error ? (CODES[error.name] ?? EXIT.problem) : EXIT.problem;
}

/** By the name of the error. */
const CODES: Readonly<Record<string, number>> = {
  ConfigError: EXIT.usage,
  JsonPathError: EXIT.usage,
  NodeMissing: EXIT.usage,
  NothingAnswers: EXIT.unreachable,
};

// The class has another name in a bundle.
function isOfCommandLine(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('commander.');
}

/** One or two sentences for a person: what went wrong and, where the error knows it, what would mend it. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = 'remedy' in error ? String(error.remedy) : '';
  return error.message.includes(remedy) ? error.message : `${error.message} ${remedy}`;
}
