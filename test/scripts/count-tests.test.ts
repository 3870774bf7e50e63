import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VitestReport } from '../../scripts/vitest-report.js';

/** One file of which a test passed, one failed and one was not run, and one whose set-up failed. */
const REPORT: VitestReport = {
  success: false,
  testResults: [
    {
      name: `${process.cwd()}/test/plan/laws.test.ts`,
      status: 'failed',
      assertionResults: [
        { fullName: 'plans are short', status: 'passed' },
        {
          fullName: 'plans are sound',
          status: 'failed',
          failureMessages: ['Error: expected 1 to be 2\n    at x'],
        },
        { fullName: 'plans are kept', status: 'skipped' },
      ],
    },
    {
      name: `${process.cwd()}/test/kernel/adopt.test.ts`,
      status: 'failed',
      message: 'Hook timed out',
      assertionResults: [{ fullName: 'all is taken over', status: 'skipped' }],
    },
  ],
};

describe('the closing lines of a test run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'count-tests-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What the shell functions that count say in the end, after these commands. */
  function closingLines(...commands: string[]): string {
    const script = ['source scripts/steps.bash', ...commands, 'total'].join('\n');
    const env = { ...process.env, RESULTS_FOLDER: folder };
    return execFileSync('bash', ['-c', script], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  function reportFile(report: VitestReport): string {
    const path = join(folder, 'unit.json');
    writeFileSync(path, JSON.stringify(report));
    return path;
  }

  it('add up what passed and failed', () => {
    expect(closingLines('record native 101 0', 'step types true')).toBe('102 passed, 0 failed\n');
  });

  it('name each test that failed, and each file whose set-up failed, with the reason', () => {
    expect(closingLines('record native 101 0', `record_vitest unit ${reportFile(REPORT)}`)).toBe(
      [
        'failed:',
        'test/plan/laws.test.ts: plans are sound: Error: expected 1 to be 2',
        'test/kernel/adopt.test.ts: the file as a whole: Hook timed out',
        '102 passed, 2 failed\n',
      ].join('\n'),
    );
  });

  it('name a run without a report, with an error outside of its tests, or of something else than vitest', () => {
    const report = reportFile({ success: false, testResults: [] });
    const commands = [
      'record_vitest packets-6.1 missing.json',
      `record_vitest unit ${report}`,
      'record native 99 2',
      'step types false || true',
    ];
    expect(closingLines(...commands).split('\n')).toEqual([
      'failed:',
      '2 of native, which says above what',
      'packets-6.1, which ended without a report',
      '1 of types, which says above what',
      `${report}: an error outside of any test`,
      '99 passed, 5 failed',
      '',
    ]);
  });

  it('forget what failed in an earlier run of the same tests', () => {
    expect(closingLines('record native 99 2', 'record native 101 0')).toBe('101 passed, 0 failed\n');
  });
});
