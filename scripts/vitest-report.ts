import { homedir } from 'node:os';

export interface FileResult {
  /** Relative to the repository. */
  readonly file: string;
  readonly passed: number;
  readonly failed: readonly TestNote[];
  /** Those that were not run, with the reason where the test gave one. */
  readonly off: readonly TestNote[];
}

export interface TestNote {
  readonly test: string;
  readonly words: string;
}

/** What a kernel test may leave for the page about kernels, in `task.meta`. */
export interface KernelMeta {
  readonly kernel?: { readonly release: string; readonly build: string; readonly features: string };
  /** Why it was not run here, in the kernel's own words. */
  readonly off?: string;
}

/** The parts of vitest's JSON report that are read. */
export interface VitestReport {
  /** False as well when something failed outside of any test. */
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly status: string;
    readonly assertionResults: readonly AssertionResult[];
  }[];
}

interface AssertionResult {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages?: readonly string[] | null;
  readonly meta?: KernelMeta;
}

/** What the files of these reports ended with, named relative to the folder that they ran in. */
export function fileResults(root: string, reports: readonly VitestReport[]): readonly FileResult[] {
  return reports.flatMap(({ testResults }) => testResults.map((result) => fileResult(root, result)));
}

function fileResult(root: string, result: VitestReport['testResults'][number]): FileResult {
  const { name, assertionResults: tests, status, message = '' } = result;
  const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
  const failed = tests.filter((test) => test.status === 'failed').map(failureNote);
  // A file whose set-up failed has no test to blame.
  if (status === 'failed' && failed.length === 0)
    failed.push({ test: 'the file as a whole', words: firstLine(message) });
  return {
    file,
    passed: tests.filter((test) => test.status === 'passed').length,
    failed,
    off: tests
      .filter(wasNotRun)
      .map(({ fullName, meta }) => ({ test: fullName, words: firstLine(meta?.off ?? '') })),
  };
}

function wasNotRun({ status }: AssertionResult): boolean {
  return status !== 'passed' && status !== 'failed';
}

function failureNote({ fullName, failureMessages }: AssertionResult): TestNote {
  return { test: fullName, words: firstLine(failureMessages?.[0] ?? '') };
}

/** Longer words hold whole logs. */
const MOST_CHARACTERS = 200;

/** Without the folders of this machine. */
function firstLine(text: string): string {
  const line = (text.split('\n')[0] ?? '').trim().replaceAll(homedir(), '~');
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}
