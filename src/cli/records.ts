import { CHANGES_VERSION, type Change } from '../status/listing/change-log.js';
import { DIFFERENCES_VERSION, type Difference } from '../status/listing/differences.js';
import { noAgentText, rowsFromAgent } from './admin-client.js';
import { ColumnStream } from './columns.js';
import { EXIT } from './exit.js';
import { listenForInterruption } from './interruption.js';
import {
  type ListHead,
  machineOutput,
  type OutputFormat,
  type RowOutput,
  sayAfterASecond,
  type Write,
} from './output.js';
import { hanging, screenWidth } from './paragraph.js';

interface RecordOptions {
  readonly adminSocket: string;
  readonly output: OutputFormat;
}

export interface EventsOptions extends RecordOptions {
  readonly follow?: boolean;
}

interface RecordParts {
  readonly write: Write;
  readonly warn: Write;
}

/** `diff`: what the kernel has otherwise than it is wanted, key by key. */
export async function runDiff(options: RecordOptions, parts: RecordParts): Promise<number> {
  const head = { version: DIFFERENCES_VERSION, kind: 'DifferenceList', source: 'agent' } as const;
  const stop = sayAfterASecond('comparing …');
  const count = await show('/diff', {}, head, differenceTable(parts.write), options, parts);
  stop();
  if (count === undefined) return EXIT.unreachable;
  if (count === 0 && options.output === 'table') parts.write('The kernel is as desired.\n');
  return count === 0 ? EXIT.good : EXIT.problem;
}

/** `events`: the latest writes to the kernel, and with --follow all that come. */
export async function runEvents(options: EventsOptions, parts: RecordParts): Promise<number> {
  const head = { version: CHANGES_VERSION, kind: 'ChangeList', source: 'agent' } as const;
  const interruption = listenForInterruption();
  const query = { follow: options.follow === true ? '1' : undefined };
  const count = await show(
    '/events',
    query,
    head,
    changeLines(parts.write),
    options,
    parts,
    interruption.signal,
  );
  interruption.close();
  return count === undefined ? EXIT.unreachable : EXIT.good;
}

/** How many records there were; undefined where no agent answers. */
async function show(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  head: ListHead,
  table: RowOutput,
  { adminSocket, output }: RecordOptions,
  { write, warn }: RecordParts,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const out = (await machineOutput(output, head, write)) ?? table;
  let count = 0;
  try {
    for await (const record of rowsFromAgent(adminSocket, path, query, { signal })) {
      out.add(record as object);
      count++;
    }
  } catch (error) {
    if (signal?.aborted !== true) {
      warn(`${noAgentText(error)} Only the agent knows this.\n`);
      return undefined;
    }
  }
  if (count > 0 || table !== out) out.end();
  return count;
}

const SIGNS: Readonly<Record<Difference['change'], string>> = { missing: '-', extra: '+', different: '~' };

function differenceTable(write: Write): RowOutput {
  const table = new ColumnStream(write);
  return {
    add(record) {
      const { change, what, key, owner, detail } = record as Difference;
      table.add([`${SIGNS[change]} ${what}`, key, owner ?? '-', detail ?? '']);
    },
    end() {
      table.end();
      write('Marks: - wanted and missing, + there and not wanted, ~ otherwise than wanted\n');
    },
  };
}

function changeLines(write: Write): RowOutput {
  const width = screenWidth() ?? Number.POSITIVE_INFINITY;
  return {
    add(record) {
      const { time, text, outcome, errno, because } = record as Change;
      const failed = outcome === 'done' ? '' : ` ${outcome}${errno === null ? '' : ` (${errno})`}`;
      const at = `${time.slice(11, 19)}  `;
      const cause = hanging(`${' '.repeat(at.length)}because: `, because, width);
      write(`${[...hanging(at, `${text}${failed}`, width), ...cause].join('\n')}\n`);
    },
    end: () => undefined,
  };
}
