import { AgentAnswerError, AgentNotRunning, askAgent, rowsFromAgent } from './admin-client.js';

export type Query = Readonly<Record<string, string | undefined>>;

interface RowsRequest<Row, Asked extends Query> {
  readonly adminSocket: string;
  readonly path: string;
  /** One after the other. */
  readonly queries: readonly Asked[];
  /** Services to look for near ones of, where there is no row. */
  readonly suggestFor: readonly string[];
  /** What the kernel alone says. */
  kernelRows(query: Asked): AsyncIterable<readonly Row[]>;
  warn(text: string): void;
}

/** Rows, and who gave them. */
export interface AgentSource<Row> {
  readonly kind: 'agent' | 'kernel';
  readonly rows: AsyncIterable<Row>;
  /** Names that may have been meant, as a sentence; empty without any. To be asked after the rows. */
  suggestion(): string;
}

/**
 * The agent's rows, or, where none answers, those of the kernel alone; then it says so. Nothing has been shown when
 * this is decided: the first row, or that there is none, is waited for.
 */
export async function openRows<Row, Asked extends Query = Query>(
  request: RowsRequest<Row, Asked>,
): Promise<AgentSource<Row>> {
  const { adminSocket, queries, path, suggestFor, warn } = request;
  const stop = sayAfterASecond('asking the agent …');
  try {
    const rows = fromAgent<Row>(adminSocket, path, queries);
    const first = await rows.next();
    const near = first.done === true ? await nearNames(adminSocket, suggestFor) : '';
    return { kind: 'agent', rows: from(first, rows), suggestion: () => near };
  } catch (error) {
    warn(`${noAgentText(error)} This is what the kernel has.\n`);
    return { kind: 'kernel', rows: fromKernel(request), suggestion: () => '' };
  } finally {
    stop();
  }
}

/** Why the kernel alone is asked, as a sentence. Throws what is another failure. */
export function noAgentText(error: unknown): string {
  if (error instanceof AgentNotRunning) return 'The agent is not running.';
  if (error instanceof AgentAnswerError)
    return `${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}${error.message.endsWith('.') ? '' : '.'}`;
  throw error;
}

async function* fromAgent<Row>(
  adminSocket: string,
  path: string,
  queries: readonly Query[],
): AsyncGenerator<Row> {
  for (const query of queries) yield* rowsFromAgent(adminSocket, path, query) as AsyncGenerator<Row>;
}

async function* from<Row>(first: IteratorResult<Row>, rest: AsyncGenerator<Row>): AsyncGenerator<Row> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

async function* fromKernel<Row, Asked extends Query>({
  queries,
  kernelRows,
}: RowsRequest<Row, Asked>): AsyncGenerator<Row> {
  for (const query of queries) for await (const rows of kernelRows(query)) yield* rows;
}

async function nearNames(adminSocket: string, names: readonly string[]): Promise<string> {
  const near = new Set<string>();
  for (const name of names)
    try {
      const answer = (await askAgent(adminSocket, '/service', { name })) as {
        readonly nearest?: readonly string[];
      };
      for (const one of answer.nearest ?? []) near.add(one);
    } catch {
      // Without a suggestion, then.
    }
  return near.size === 0 ? '' : ` Near names: ${[...near].join(', ')}.`;
}

const PATIENCE_MILLISECONDS = 1_000;

/** Says on a terminal what is waited for, once it takes over a second; the answer ends it. */
export function sayAfterASecond(text: string): () => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  let isSaid = false;
  const timer = setTimeout(() => {
    isSaid = true;
    process.stderr.write(`${text}\r`);
  }, PATIENCE_MILLISECONDS);
  return () => {
    clearTimeout(timer);
    if (isSaid) process.stderr.write('\u001b[K');
  };
}

/** Ctrl-C or SIGTERM ends what goes on for ever after the line that is being written. */
export class EarlyEnd {
  readonly wished: Promise<void>;
  readonly #abort = new AbortController();
  #isWished = false;
  #wish: () => void = () => undefined;
  readonly #heed = () => {
    this.#isWished = true;
    this.#abort.abort();
    this.#wish();
  };

  constructor() {
    this.wished = new Promise((resolve) => {
      this.#wish = resolve;
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, this.#heed);
  }

  /** For what can be broken off. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isWished(): boolean {
    return this.#isWished;
  }

  close(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#heed);
  }
}
