import { CODES, type Code, type CodeText } from '../../diagnosis/codes.js';
import type { Diagnosis } from '../../diagnosis/diagnose.js';
import type { PathLine } from '../../diagnosis/path-lines.js';
import { hanging, type Style, WIDTH, wrapped } from '../paragraph.js';

/** Of the column with API, Node, Tried, Seen. */
const PLACE_WIDTH = 7;

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
