import type { FrontendRow } from '../status/listing/frontend-row.js';
import type { ListingQuery } from '../status/listing/listing-source.js';
import { askAgent, noAgentText, rowsFromAgent } from './admin-client.js';
import { explainFailure } from './exit.js';
import { sayAfterASecond, type Write } from './output.js';

/** The rows that the kernel alone gives, where no agent answers. */
export type KernelRows = (query: ListingQuery) => AsyncIterable<readonly FrontendRow[]>;

/** Frontends, and who told of them. */
export interface FrontendSource {
  readonly kind: 'agent' | 'kernel';
  readonly rows: AsyncIterable<FrontendRow>;
  /** Names that may have been meant, as a sentence; empty without any. */
  readonly suggestion: string;
}

/** Neither the agent nor the kernel can be asked; the message says why not. */
class NothingAnswers extends Error {
  override readonly name = 'NothingAnswers';
}

/**
 * The frontends of Services as the agent has them, or, where none answers, as the kernel alone has them; then it says
 * so. Nothing has been shown when this is decided: the first row, or that there is none, is waited for. Rejects with
 * NothingAnswers where the kernel cannot be read either.
 *
 * @param names of Services or VIPs, asked for one after the other; all where there is none
 */
export async function openFrontends(
  names: readonly string[],
  query: ListingQuery,
  adminSocket: string,
  { kernelRows, warn, signal }: SourceParts,
): Promise<FrontendSource> {
  const queries = names.length === 0 ? [query] : names.map((name) => ({ ...query, name }));
  const stop = sayAfterASecond('asking the agent …');
  try {
    const rows = fromAgent(adminSocket, queries, signal);
    const first = await rows.next();
    const suggestion =
      first.done === true ? await nearNames(adminSocket, names, query.namespace ?? 'default') : '';
    return { kind: 'agent', rows: from(first, rows, signal), suggestion };
  } catch (error) {
    if (signal?.aborted === true) return { kind: 'agent', rows: noRows(), suggestion: '' };
    const why = noAgentText(error);
    const rows = fromKernel(queries, kernelRows);
    const first = await firstOf(rows, why);
    warn(`${why} This is what the kernel has.\n`);
    return { kind: 'kernel', rows: from(first, rows, signal), suggestion: '' };
  } finally {
    stop();
  }
}

interface SourceParts {
  readonly kernelRows: KernelRows;
  readonly warn: Write;
  /** Ends the rows, whoever they come from. */
  readonly signal?: AbortSignal | undefined;
}

async function* noRows(): AsyncGenerator<never> {}

/** What is said where there is no row. */
export function noFrontendText(names: readonly string[], { suggestion }: FrontendSource): string {
  const what = names.length === 0 ? 'frontend' : `frontend of ${names.join(' or ')}`;
  return `No ${what} is on this node.${suggestion}\n`;
}

async function* fromAgent(
  adminSocket: string,
  queries: readonly ListingQuery[],
  signal: AbortSignal | undefined,
): AsyncGenerator<FrontendRow> {
  for (const query of queries)
    yield* rowsFromAgent(adminSocket, '/services', { ...query }, { signal }) as AsyncGenerator<FrontendRow>;
}

async function firstOf<Row>(rows: AsyncGenerator<Row>, why: string): Promise<IteratorResult<Row>> {
  try {
    return await rows.next();
  } catch (error) {
    throw new NothingAnswers(`${why} In the kernel nothing can be seen: ${explainFailure(error)}`);
  }
}

async function* from<Row>(
  first: IteratorResult<Row>,
  rest: AsyncGenerator<Row>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  if (first.done === true) return;
  yield first.value;
  try {
    yield* rest;
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

async function* fromKernel(
  queries: readonly ListingQuery[],
  kernelRows: KernelRows,
): AsyncGenerator<FrontendRow> {
  for (const query of queries) for await (const rows of kernelRows(query)) yield* rows;
}

async function nearNames(adminSocket: string, names: readonly string[], namespace: string): Promise<string> {
  const near = new Set<string>();
  for (const name of names)
    try {
      const full = name.includes('/') ? name : `${namespace}/${name}`;
      const answer = (await askAgent(adminSocket, '/service', { name: full })) as {
        readonly nearest?: readonly string[];
      };
      for (const one of answer.nearest ?? []) near.add(one);
    } catch {
      // Without a suggestion, then.
    }
  return near.size === 0 ? '' : ` Near names: ${[...near].join(', ')}.`;
}
