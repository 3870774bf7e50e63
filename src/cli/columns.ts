/** Rows as left-aligned columns two spaces apart, without borders, so that awk and people read them alike. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = widthsOf(rows);
  return rows.map((row) => rowText(row, widths));
}

/** Rows that set the widths; longer cells of later ones push what follows them. */
const ROWS_MEASURED = 200;

/** Columns of any number of rows, of which only the first are kept, to measure them. */
export class ColumnStream {
  readonly #write: (text: string) => void;
  #kept: (readonly string[])[] | undefined = [];
  #widths: readonly number[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  add(row: readonly string[]): void {
    if (this.#kept === undefined) {
      this.#write(`${rowText(row, this.#widths)}\n`);
      return;
    }
    this.#kept.push(row);
    if (this.#kept.length >= ROWS_MEASURED) this.end();
  }

  /** Writes what was kept. */
  end(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    this.#widths = widthsOf(kept);
    if (kept.length > 0) this.#write(`${kept.map((row) => rowText(row, this.#widths)).join('\n')}\n`);
  }
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  return widths;
}

// The last cell has no width of its own: it may carry colours.
function rowText(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
    .join('  ')
    .trimEnd();
}
