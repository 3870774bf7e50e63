import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { kernelRun } from '../../scripts/test-kernels/kernel-run.js';
import { kernelsPage } from '../../scripts/test-kernels/kernels-page.js';
import type { VitestReport } from '../../scripts/vitest-report.js';

const KERNEL = {
  release: '5.10.0-46-amd64',
  build: '#1 SMP Debian 5.10.262-1',
  features: 'Linux 5.10.0-46-amd64; IPVS 1.2.1 for IPv4 and IPv6; nftables complete',
};

function test(fullName: string, status: string, more: object = {}) {
  return { fullName, status, failureMessages: [], meta: {}, ...more };
}

const REPORT: VitestReport = {
  success: false,
  testResults: [
    {
      name: '/repository/test/kernel/native-nft.test.ts',
      status: 'failed',
      assertionResults: [
        test('a set takes ranges', 'passed', { meta: { kernel: KERNEL } }),
        test('a rule is refused', 'failed', {
          failureMessages: ['Error: Operation not supported\n    at x'],
        }),
        test('a table grows', 'skipped', { meta: { off: 'No such file or directory' } }),
        test('a map is empty', 'skipped'),
      ],
    },
    {
      name: '/repository/test/kernel/adopt.test.ts',
      status: 'failed',
      message: 'Hook timed out\nmore',
      assertionResults: [test('all is taken over', 'skipped')],
    },
  ],
};

describe('the page about kernels', () => {
  const run = kernelRun('5.10', { date: '2026-11-28', commit: '1a2b3c4' }, '/repository', [REPORT]);

  it('says which kernel it was, what the agent found there and how the tests ended', () => {
    const page = kernelsPage([run]);
    expect(page).toContain('| release | 5.10.0-46-amd64 |');
    expect(page).toContain('| run on | 2026-11-28 |');
    expect(page).toContain('| commit | 1a2b3c4 |');
    expect(page).toContain('| tests | 1 passed, 2 failed, 3 not run |');
    expect(page).toContain('- **5.10**: IPVS 1.2.1 for IPv4 and IPv6; nftables complete');
    expect(page).toContain('| `test/kernel/native-nft.test.ts` | 1 passed, **1 failed**, 2 not run |');
  });

  it('repeats what the kernel said to what fails and to what is not run', () => {
    const page = kernelsPage([run]);
    expect(page).toContain('“a rule is refused”: `Error: Operation not supported`');
    expect(page).toContain('“a table grows”: `No such file or directory`');
    expect(page).toContain('“a map is empty”: no reason given');
  });

  it('counts a file whose set-up failed as a failure', () => {
    expect(kernelsPage([run])).toContain(
      '`test/kernel/adopt.test.ts` “the file as a whole”: `Hook timed out`',
    );
  });

  it('shortens what holds a whole log, and names no folder of this machine', () => {
    const message = `cannot read ${homedir()}/x ${'y'.repeat(500)}`;
    const results = [{ name: 'a.test.ts', status: 'failed', message, assertionResults: [] }];
    const page = kernelsPage([
      kernelRun('6.1', { date: '2026-11-28', commit: '1a2b3c4' }, '/repository', [
        { success: false, testResults: results },
      ]),
    ]);
    expect(page).toMatch(/: `cannot read ~\/x y{100,200}…`/);
  });

  it('shows kernels in the order of their age, and what was not run on one of them', () => {
    const newest = kernelRun('newest', { date: '2026-11-27', commit: '1a2b3c4' }, '/repository', [
      { success: false, testResults: REPORT.testResults.slice(0, 1) },
    ]);
    const page = kernelsPage([newest, run]);
    expect(page).toContain('|  | 5.10 | newest |');
    expect(page).toContain('| `test/kernel/adopt.test.ts` | **1 failed**, 1 not run | – |');
  });

  it('has nothing to explain where everything works', () => {
    const fine = kernelRun('6.1', { date: '2026-11-28', commit: '1a2b3c4' }, '/repository', []);
    expect(kernelsPage([fine])).toContain('Nothing on any of them.');
  });
});
