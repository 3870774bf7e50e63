import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { VitestReport } from '../vitest-report.js';
import { type KernelRun, kernelRun } from './kernel-run.js';
import { kernelsPage } from './kernels-page.js';

// usage: node write-page.js CHOICE REPORT…    takes these reports of vitest about one kernel into docs/kernels.json and
// writes docs/kernels.md anew. The current folder is the repository's.

const DATA = 'docs/kernels.json';
const PAGE = 'docs/kernels.md';

function main([choice, ...files]: readonly string[]): void {
  if (choice === undefined || files.length === 0) throw new Error('usage: write-page.js CHOICE REPORT…');
  const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as VitestReport);
  const date = new Date().toISOString().slice(0, 10);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const others = knownRuns().filter((run) => run.choice !== choice);
  const runs = [...others, kernelRun(choice, { date, commit }, process.cwd(), reports)];
  writeFileSync(DATA, `${JSON.stringify({ runs }, undefined, 1)}\n`);
  writeFileSync(PAGE, kernelsPage(runs));
}

function knownRuns(): readonly KernelRun[] {
  try {
    return (JSON.parse(readFileSync(DATA, 'utf8')) as { readonly runs: readonly KernelRun[] }).runs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

main(process.argv.slice(2));
