import { CODES, type Code, type CodeText } from '../../diagnosis/codes.js';
import type { Diagnosis } from '../../diagnosis/diagnose.js';
import type { PathLine } from '../../diagnosis/path-lines.js';

const WIDTH = 80;
/** Of the column with API, Node, Tried, Seen. */
const PLACE_WIDTH = 7;

/** Escape sequences for a terminal, or nothing. */
interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
}

const plain = (text: string) => text;
export const PLAIN: Style = { good: plain, bad: plain, strong: plain };

const escaped = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
export const COLOURED: Style = { good: escaped(32), bad: escaped(31), strong: escaped(1) };

/** Verdict, path, remedies: what a person reads of a diagnosis. */
export function whyText(diagnosis: Diagnosis, path: readonly PathLine[], style: Style): string {
  const { verdict, sentence, causes } = diagnosis;
  const paint = verdict === 'works' ? style.good : style.bad;
  const lines = [...wrapped(sentence, WIDTH).map(paint)];
  if (path.length > 0) lines.push('', ...pathText(path, style));
  const remedies = new Map(causes.map(({ code, remedy }) => [remedy, code]));
  if (remedies.size > 0) lines.push('', style.strong('What to do'));
  for (const [remedy, code] of remedies) lines.push(...hanging(`${code}  `, remedy));
  const [first] = causes;
  if (first !== undefined)
    lines.push('', `More on it: kube-ipvs-proxy why --explain ${first.code}, docs/troubleshooting.md`);
  return `${lines.join('\n')}\n`;
}

function pathText(path: readonly PathLine[], style: Style): string[] {
  let last = '';
  return path.flatMap((line) => {
    const label = line.place === last ? '' : line.place;
    last = line.place;
    const text = line.code === undefined ? line.text : `${line.text} (${line.code})`;
    const mark = line.weight === undefined ? '' : line.weight === 'cause' ? '! ' : '- ';
    const lines = hanging(`${label.padEnd(PLACE_WIDTH)}${'  '.repeat(line.depth)}${mark}`, text);
    return line.weight === 'cause' ? lines.map(style.bad) : lines;
  });
}

/** What `--explain` prints. */
export function explanation(code: Code): string {
  const { title, meaning, remedy }: CodeText = CODES[code];
  const lines = [`${code} ${title}`, '', ...wrapped(meaning, WIDTH), '', ...wrapped(remedy, WIDTH)];
  return `${lines.join('\n')}\n`;
}

function hanging(before: string, text: string): string[] {
  const [first = '', ...rest] = wrapped(text, WIDTH - before.length);
  const indent = ' '.repeat(before.length);
  return [`${before}${first}`.trimEnd(), ...rest.map((line) => `${indent}${line}`)];
}

/** A word that is longer than a line has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
