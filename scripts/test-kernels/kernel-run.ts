import { type FileResult, fileResults, type VitestReport } from '../vitest-report.js';

/** What all kernel tests said on one kernel; docs/kernels.json has one for each. */
export interface KernelRun {
  /** As `--kernel` of scripts/test-kernel/run takes it: 5.10, newest. */
  readonly choice: string;
  /** The day it ended, YYYY-MM-DD. */
  readonly date: string;
  /** The commit of this repository that ran, abbreviated. */
  readonly commit: string;
  /** `uname -r` and `uname -v`, empty when no test told them. */
  readonly release: string;
  readonly build: string;
  /** What the agent's look at the kernel found, part by part. */
  readonly features: readonly string[];
  readonly files: readonly FileResult[];
}

/** One run of a kernel may have several reports, of different test files. */
export function kernelRun(
  choice: string,
  { date, commit }: Pick<KernelRun, 'date' | 'commit'>,
  root: string,
  reports: readonly VitestReport[],
): KernelRun {
  const results = reports.flatMap(({ testResults }) => testResults);
  const metas = results.flatMap(({ assertionResults }) => assertionResults.map(({ meta }) => meta?.kernel));
  const kernel = metas.find((meta) => meta !== undefined);
  return {
    choice,
    date,
    commit,
    release: kernel?.release ?? '',
    build: kernel?.build ?? '',
    features: kernel?.features.split('; ').slice(1) ?? [],
    files: [...fileResults(root, reports)].sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}
