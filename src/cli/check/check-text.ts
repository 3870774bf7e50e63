import type { CheckLine } from '../../diagnosis/check-line.js';
import type { NodeReport } from '../../diagnosis/check-node.js';
import { hanging, type Style, WIDTH, wrapped } from '../paragraph.js';

/** As in `why`: ! explains why Services suffer, - is worth knowing. */
const MARKS: Readonly<Record<CheckLine['verdict'], string>> = {
  problem: '! ',
  remark: '- ',
  unknown: '? ',
  fine: '  ',
};

/** By which `--all-nodes` tells what goes on from what would mend it. */
const INDENT = '    ';
const HINT_INDENT = '      ';

/** Verdict, then a line for each check; what is not fine with what would mend it, and where more is said. */
export function checkText({ verdict, sentence, checks }: NodeReport, style: Style): string {
  const paint = verdict === 'passes' ? style.good : style.bad;
  const lines = [
    ...wrapped(sentence, WIDTH).map(paint),
    '',
    ...checks.flatMap((check) => textOf(check, style)),
  ];
  return `${lines.join('\n')}\n`;
}

function textOf({ name, verdict, sentence, code, hint, link }: CheckLine, style: Style): string[] {
  const text = code === undefined ? `${name}: ${sentence}` : `${name}: ${sentence} (${code})`;
  const [first = '', ...rest] = wrapped(text, WIDTH - INDENT.length);
  const lines = [`${MARKS[verdict]}${first}`, ...rest.map((line) => `${INDENT}${line}`)];
  const more = hint === undefined ? [] : [hint, link ?? ''].flatMap((line) => hanging(HINT_INDENT, line));
  return [...(verdict === 'problem' ? lines.map(style.bad) : lines), ...more];
}
