import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cell } from '../../bench/compare/cells.js';
import { cellName } from '../../bench/compare/cells.js';
import { Progress } from '../../bench/compare/progress.js';
import { runCells } from '../../bench/compare/run-cells.js';
import { Store } from '../../bench/compare/store.js';
import { cellResult } from './cell-result.js';

const FIRST: Cell = { mode: 'ipvs', services: 10, endpoints: 1, round: 1 };
const SECOND: Cell = { mode: 'iptables', services: 10, endpoints: 1, round: 1 };

const ORIGIN = { commit: 'abc', node: 'v24.0.0', date: '2026-11-29' };

describe('a run of cells in one kernel', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(script: string, said: string[] = [], limit = 60): Promise<void> {
    return runCells([FIRST, SECOND], {
      store: new Store(folder),
      progress: new Progress([FIRST, SECOND]),
      say: (text) => said.push(text),
      origin: ORIGIN,
      limit,
      command: (cells) => ['bash', '--norc', '-c', script, 'bash', ...cells.map(line)],
    });
  }

  it('keeps each as soon as it is done, and says what is left', async () => {
    const said: string[] = [];
    await run('echo "$1"; echo "$2"', said);
    expect(readdirSync(folder).sort()).toEqual(
      [`${cellName(SECOND)}.json`, `${cellName(FIRST)}.json`].sort(),
    );
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^ipvs-10x1-1: programmed in 7\.0 ms of a processor; took \d+ s, \d+ s left$/);
    expect(said[1]).toContain('0 s left');
  });

  it('keeps with each with what it was measured', async () => {
    await run('echo "$1"; echo "$2"');
    expect(new Store(folder).all().map(({ origin }) => origin)).toEqual([ORIGIN, ORIGIN]);
  });

  it('gives up a cell that takes too long, keeps what it had measured, and measures those behind it', async () => {
    const said: string[] = [];
    const isAlone = '[[ $# == 1 ]]';
    const soFar = { isUnfinished: true, ...cellResult(FIRST, { programmed: 7 }) };
    await run(`${isAlone} && echo "$1" || { echo '${JSON.stringify(soFar)}'; exec sleep 60; }`, said, 2);
    const store = new Store(folder);
    expect(store.all().map(({ cell }) => cell)).toEqual([SECOND]);
    expect(store.stopped()).toEqual([
      { cell: FIRST, origin: ORIGIN, seconds: 2, measured: { ...soFar, origin: ORIGIN } },
    ]);
    expect(said[0]).toMatch(/^ipvs-10x1-1: given up after 2 s/);
    // With more patience it is tried once more.
    expect([2, 3].map((seconds) => store.has(FIRST, seconds))).toEqual([true, false]);
  });

  it('gives up a cell that has measured nothing, and keeps what an earlier run has measured of another', async () => {
    const earlier = new Store(folder);
    earlier.keep(cellResult(SECOND, { programmed: 5 }));
    await run('exec sleep 60', [], 1);
    expect(earlier.stopped()).toEqual([{ cell: FIRST, origin: ORIGIN, seconds: 1 }]);
    expect(earlier.all().map(({ cell }) => cell)).toEqual([SECOND]);
  });

  it('takes in of another result what it has not measured itself', () => {
    const store = new Store(folder);
    store.keep(cellResult(FIRST, { programmed: 7 }));
    store.takeIn([cellResult(FIRST, { programmed: 9 })], [{ cell: SECOND, origin: ORIGIN, seconds: 5 }]);
    expect(store.all().map(({ program }) => program.processor)).toEqual([7]);
    expect(store.stopped().map(({ cell }) => cell)).toEqual([SECOND]);
  });

  it('ends with a sentence where a kernel does not boot, and keeps what was done before', async () => {
    await expect(run('echo "$1"; echo no init found >&2; exit 125')).rejects.toThrow(
      'the test kernel did not boot, or died, while measuring iptables-10x1-1. It said last:\nno init found',
    );
    expect(existsSync(join(folder, `${cellName(FIRST)}.json`))).toBe(true);
  });

  it('ends with a sentence where the agent dies', async () => {
    await expect(run('echo "Error: the agent died: SIGKILL" >&2; exit 1')).rejects.toThrow(
      'the guest ended with exit code 1 while measuring ipvs-10x1-1. It said last:\nError: the agent died: SIGKILL',
    );
  });

  it('ends with a sentence where the guest ends early without a word', async () => {
    await expect(run('echo "$1"')).rejects.toThrow('the guest ended without a result for iptables-10x1-1');
  });

  it('ends with a sentence, and ends the guest, where the disk is full', async () => {
    symlinkSync('/dev/full', join(folder, `${cellName(FIRST)}.json.part`));
    const began = Date.now();
    await expect(run('echo "$1"; exec sleep 60')).rejects.toThrow(
      'the result of ipvs-10x1-1 could not be written: ENOSPC: no space left on device',
    );
    expect(Date.now() - began).toBeLessThan(20_000);
    // A run that goes on measures it again.
    expect(existsSync(join(folder, `${cellName(FIRST)}.json`))).toBe(false);
  });

  it('ends with a sentence where the guest cannot be started', async () => {
    const command = () => ['/no/such/program'];
    const run = runCells([FIRST], {
      store: new Store(folder),
      progress: new Progress([FIRST]),
      say: () => {},
      origin: ORIGIN,
      limit: 60,
      command,
    });
    await expect(run).rejects.toThrow('the test kernel could not be started while measuring ipvs-10x1-1');
  });
});

function line(cell: Cell): string {
  return JSON.stringify(cellResult(cell, { programmed: 7 }));
}
