/** Text for people, at a width that every terminal has. */

export const WIDTH = 80;
/** A terminal that says it is narrower is not believed. */
const NARROWEST = 40;

/**
 * The columns of the terminal that shows what is written, or what COLUMNS says; undefined where a file or a program
 * reads, for which a row stays one line.
 */
export function screenWidth(): number | undefined {
  const asked = Number(process.env.COLUMNS);
  if (asked >= NARROWEST) return asked;
  return process.stdout.isTTY === true ? Math.max(process.stdout.columns || WIDTH, NARROWEST) : undefined;
}

/** Without the escape sequences of colours. */
export function shownLength(text: string): number {
  return text.replace(/\p{Cc}\[\d*m/gu, '').length;
}

/** Escape sequences for a terminal, or nothing. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
}

const plain = (text: string) => text;
export const PLAIN: Style = { good: plain, bad: plain, strong: plain };

const escaped = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
export const COLOURED: Style = { good: escaped(32), bad: escaped(31), strong: escaped(1) };

/** After `before`, which the lines that follow keep free. */
export function hanging(before: string, text: string, width = WIDTH): string[] {
  const [first = '', ...rest] = wrapped(text, width - before.length);
  const indent = ' '.repeat(before.length);
  return [`${before}${first}`.trimEnd(), ...rest.map((line) => `${indent}${line}`)];
}

/** A word that is longer than a line has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (shownLength(longer) > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
