import { MODES, type ModeName, type Size } from './cells.js';
import type { Measured, Row } from './summary.js';

/** How the report writes tables and figures. */
export function tableOf(
  rows: readonly Row[],
  columns: readonly string[],
  cells: (row: Row) => string[],
): string[] {
  return [
    `| Services × endpoints | mode | ${columns.join(' | ')} |`,
    `|---|---|${columns.map(() => '---:').join('|')}|`,
    ...rows.map((row) => `| ${sizeText(row)} | ${MODES[row.mode].title} | ${cells(row).join(' | ')} |`),
  ];
}

export function sizeText({ services, endpoints }: Size): string {
  return `${services.toLocaleString('en')} × ${endpoints}`;
}

export function withSpread(measured: Measured | undefined): string {
  if (measured === undefined) return '';
  const apart = measured.runs > 1 ? ` (± ${((measured.spread / 2) * 100).toFixed(1)} %)` : '';
  return `${figure(measured.median)}${apart}`;
}

/** Three digits that count. */
export function figure(number: number): string {
  if (number === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number))));
  return number >= 1000 ? Math.round(number).toLocaleString('en') : number.toFixed(Math.min(digits, 3));
}

export function rowAt(rows: readonly Row[], mode: ModeName, { services, endpoints }: Size): Row | undefined {
  return rows.find((row) => row.mode === mode && row.services === services && row.endpoints === endpoints);
}
