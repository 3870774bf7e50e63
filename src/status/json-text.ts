import { TimeSlice } from '../model/clock.js';

/** Characters of one piece, about: few writes, and none that holds the process up. */
const PIECE = 64 * 1024;

/**
 * The text of JSON.stringify in pieces, the lists of the outermost object item by item: as a whole the report of 10,000
 * Services has 12 MB, which would be in memory twice and hold the process up for a tenth of a second.
 */
export async function* jsonText(value: unknown): AsyncGenerator<string> {
  const slice = new TimeSlice(performance);
  let piece = '';
  for (const part of partsOf(value)) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
    if (slice.over) await slice.yieldTurn();
  }
  yield piece;
}

function* partsOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield JSON.stringify(value);
    return;
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  let before = '{';
  for (const [name, field] of fields) {
    yield `${before}${JSON.stringify(name)}:`;
    yield* Array.isArray(field) ? itemsOf(field) : [JSON.stringify(field)];
    before = ',';
  }
  yield fields.length === 0 ? '{}' : '}';
}

function* itemsOf(list: readonly unknown[]): Generator<string> {
  let before = '[';
  for (const item of list) {
    yield `${before}${JSON.stringify(item) ?? 'null'}`;
    before = ',';
  }
  yield list.length === 0 ? '[]' : ']';
}

/** Rows as lines of JSON, those of one batch in one piece; of an empty batch an empty line, as a sign of life. */
export async function* rowsText(batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  for await (const rows of batches) {
    let piece = '';
    for (const row of rows) piece += `${JSON.stringify(row)}\n`;
    yield piece === '' ? '\n' : piece;
  }
}
