import type { FileResult, TestNote } from '../vitest-report.js';
import type { KernelRun } from './kernel-run.js';

/** The order of the columns; what is not named follows. */
const ORDER = ['5.10', '6.1', '6.12', 'newest'];

const HEAD = `# Kernels

Written by \`npm run test:kernels\`, which runs every kernel test (\`test/kernel\`, packets and all, and the contract suite) on Debian's
kernels in a virtual machine; \`npm run test:kernels -- 6.12\` runs them on one and leaves what is known of the others.
CI runs them on 6.1, and those with packets on the newest as well.
Do not edit: the words of kernels and tests come from the last runs, which \`kernels.json\` beside this page holds.
`;

/** The page docs/kernels.md. */
export function kernelsPage(runs: readonly KernelRun[]): string {
  const ordered = [...runs].sort((a, b) => place(a) - place(b));
  const sections = [HEAD, overview(ordered), features(ordered), behaviours(ordered), exceptions(ordered)];
  return `${sections.join('\n').trimEnd()}\n`;
}

function place({ choice }: KernelRun): number {
  const found = ORDER.indexOf(choice);
  return found === -1 ? ORDER.length : found;
}

function overview(runs: readonly KernelRun[]): string {
  const rows = [
    row(
      'release',
      runs.map((run) => run.release),
    ),
    row(
      'build',
      runs.map((run) => run.build),
    ),
    row(
      'run on',
      runs.map((run) => run.date),
    ),
    row(
      'commit',
      runs.map((run) => run.commit),
    ),
    row('tests', runs.map(totals)),
  ];
  return ['## The last runs\n', tableHead('', runs), ...rows, ''].join('\n');
}

function totals({ files }: KernelRun): string {
  const count = (notes: (file: FileResult) => number) => files.reduce((sum, file) => sum + notes(file), 0);
  const [passed, failed, off] = [
    count((file) => file.passed),
    count((file) => file.failed.length),
    count((file) => file.off.length),
  ];
  return `${passed} passed, ${failed} failed, ${off} not run`;
}

function features(runs: readonly KernelRun[]): string {
  const lists = runs.map(
    ({ choice, features: parts }) => `- **${choice}**: ${parts.join('; ') || 'not told'}`,
  );
  return [
    '## What the agent finds\n',
    'What the agent logs at its start, found by trying. The connection table has the size of the machine of the tests.\n',
    ...lists,
    '',
  ].join('\n');
}

function behaviours(runs: readonly KernelRun[]): string {
  const names = [...new Set(runs.flatMap(({ files }) => files.map(({ file }) => file)))].sort();
  const rows = names.map((name) =>
    row(
      `\`${name}\``,
      runs.map((run) => verdict(run, name)),
    ),
  );
  return ['## What works on which\n', tableHead('test file', runs), ...rows, ''].join('\n');
}

function verdict({ files }: KernelRun, name: string): string {
  const found = files.find(({ file }) => file === name);
  if (found === undefined) return '–';
  const { passed, failed, off } = found;
  const parts = [
    passed > 0 ? `${passed} passed` : '',
    failed.length > 0 ? `**${failed.length} failed**` : '',
    off.length > 0 ? `${off.length} not run` : '',
  ];
  return parts.filter((part) => part !== '').join(', ') || '–';
}

function exceptions(runs: readonly KernelRun[]): string {
  const parts = runs.flatMap((run) => exceptionsOn(run));
  return [
    '## What is off or fails, and why\n',
    ...(parts.length > 0 ? parts : ['Nothing on any of them.']),
  ].join('\n');
}

function exceptionsOn({ choice, files }: KernelRun): string[] {
  const lines = files.flatMap(({ file, failed, off }) => [
    ...failed.map((note) => `- fails: ${noteText(file, note)}`),
    ...off.map((note) => `- not run: ${noteText(file, note)}`),
  ]);
  return lines.length > 0 ? [`### ${choice}\n`, ...lines, ''] : [];
}

function noteText(file: string, { test, words }: TestNote): string {
  return `\`${file}\` “${test}”: ${words === '' ? 'no reason given' : code(words)}`;
}

function code(words: string): string {
  return `\`${words.replaceAll('`', "'")}\``;
}

function tableHead(first: string, runs: readonly KernelRun[]): string {
  return `${row(
    first,
    runs.map(({ choice }) => choice),
  )}\n${row(
    '---',
    runs.map(() => '---'),
  )}`;
}

function row(first: string, cells: readonly string[]): string {
  return `| ${[first, ...cells].join(' | ')} |`;
}
