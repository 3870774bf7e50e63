import { screenWidth, shownLength, wrapped } from './paragraph.js';

type Row = readonly string[];

const GAP = '  ';
/** What a last cell of several words gets at least, or the row begins its next line before it. */
const NARROWEST = 12;
/** Before what of a row goes on in the next line without columns. */
const CONTINUED = '    ';
/** Rows that set the widths of columns on a screen or in a stream; longer cells of others push what follows them. */
const ROWS_MEASURED = 200;

/**
 * Rows as left-aligned columns two spaces apart, without borders, so that awk and people read them alike. Of these, on
 * a screen, one that is wider goes on in further lines and does not widen the columns of all others; nothing is cut.
 */
export function columns(rows: readonly Row[], width = screenWidth()): string[] {
  return columnsByRow(rows, width).flat();
}

/** The same with the lines of each row by themselves. */
export function columnsByRow(rows: readonly Row[], width = screenWidth()): string[][] {
  const widths = widthsOf(rows, width);
  return rows.map((row) => linesOf(row, widths, width));
}

/** Columns of any number of rows, of which only the first are kept, to measure them. */
export class ColumnStream {
  readonly #write: (text: string) => void;
  readonly #width: number | undefined;
  #kept: Row[] | undefined = [];
  #widths: readonly number[] = [];

  constructor(write: (text: string) => void, width = screenWidth()) {
    this.#write = write;
    this.#width = width;
  }

  add(row: Row): void {
    if (this.#kept === undefined) {
      this.#writeRows([row]);
      return;
    }
    this.#kept.push(row);
    if (this.#kept.length >= ROWS_MEASURED) this.end();
  }

  /** Writes what was kept. */
  end(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    this.#widths = widthsOf(kept, this.#width);
    if (kept.length > 0) this.#writeRows(kept);
  }

  #writeRows(rows: readonly Row[]): void {
    const lines = rows.flatMap((row) => linesOf(row, this.#widths, this.#width));
    this.#write(`${lines.join('\n')}\n`);
  }
}

function widthsOf(rows: readonly Row[], width: number | undefined): readonly number[] {
  if (width === undefined) return longestCells(rows);
  const measured = rows.slice(0, ROWS_MEASURED);
  for (;;) {
    const widths = longestCells(measured);
    if (measured.length < 2 || leastWidth(widths) <= width) return widths;
    measured.splice(widestRow(measured, widths), 1);
  }
}

function longestCells(rows: readonly Row[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, shownLength(cell));
    });
  return widths;
}

/** Of a row of that many columns whose last cell is wrapped. */
function leastWidth(widths: readonly number[]): number {
  return widths
    .map((cells, index) => (index === widths.length - 1 ? Math.min(cells, NARROWEST) : cells + GAP.length))
    .reduce((sum, cells) => sum + cells, 0);
}

function widestRow(rows: readonly Row[], widths: readonly number[]): number {
  const before = widths.slice(0, -1);
  const column = before.indexOf(Math.max(...before));
  return rows.findIndex((row) => row[column]?.length === widths[column]);
}

function linesOf(row: Row, widths: readonly number[], width: number | undefined): string[] {
  const line = [...row.slice(0, -1).map((cell, index) => cell.padEnd(widths[index] ?? 0)), row.at(-1)];
  const text = line.join(GAP).trimEnd();
  if (width === undefined || shownLength(text) <= width) return [text];
  return lastCellWrapped(line.slice(0, -1).join(GAP), row.at(-1) ?? '', width) ?? folded(row, widths, width);
}

function lastCellWrapped(before: string, cell: string, width: number): string[] | undefined {
  const indent = before.length + GAP.length;
  const longestWord = Math.max(...cell.split(' ').map(shownLength));
  if (width - indent < Math.max(longestWord, Math.min(NARROWEST, shownLength(cell)))) return undefined;
  const [first = '', ...rest] = wrapped(cell, width - indent);
  return [`${before}${GAP}${first}`, ...rest.map((line) => `${' '.repeat(indent)}${line}`)];
}

// As df does it: a long name has a line of its own, and what belongs to it stands below, in its columns.
function folded([name = '', ...rest]: Row, widths: readonly number[], width: number): string[] {
  const [below = ''] = linesOf(['', ...rest], widths, undefined);
  if (rest.length > 0 && shownLength(below) <= width) return [name.trimEnd(), below];
  const words = [name, ...rest].join(GAP);
  const indent = ' '.repeat(words.search(/\S|$/));
  const [first = '', ...more] = wrapped(words.trim(), width - indent.length - CONTINUED.length);
  return [first, ...more.map((line) => `${CONTINUED}${line}`)].map((line) => `${indent}${line.trimEnd()}`);
}
