import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IpvsTimeouts } from '../../src/kernel/native/addon.js';
import { growConntrackTable, setIpvsTimeouts, setOomScore } from '../../src/kernel/node/init-node.js';

const NOTHING = { done: [], warnings: [] };
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-'));
  file = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the buckets of connection tracking', () => {
  it('grow with the limit', async () => {
    writeFileSync(file, '16384\n');
    const { done } = await growConntrackTable(262_144, file);
    expect(done).toEqual(['gave connection tracking 65536 buckets instead of 16384']);
    expect(readFileSync(file, 'utf8')).toBe('65536');
  });

  it('never shrink, and stay where the limit is left alone', async () => {
    writeFileSync(file, '262144\n');
    expect(await growConntrackTable(262_144, file)).toEqual(NOTHING);
    expect(await growConntrackTable(0, join(folder, 'missing'))).toEqual(NOTHING);
  });

  it('that cannot be set are a warning with what follows from it', async () => {
    const { warnings } = await growConntrackTable(262_144, join(folder, 'missing'));
    expect(warnings).toEqual([expect.stringMatching(/hashsize=65536 \(ENOENT\), so looking up/)]);
  });
});

describe('the OOM score', () => {
  it('is written where it differs', async () => {
    writeFileSync(file, '0\n');
    expect(await setOomScore(-999, file)).toEqual({
      done: ['set oom_score_adj of this process to -999'],
      warnings: [],
    });
    expect(await setOomScore(-999, file)).toEqual(NOTHING);
    expect(await setOomScore(undefined, file)).toEqual(NOTHING);
  });

  // The kernel refuses a lower score with EACCES.
  it.each([
    ['-997', 'done'],
    ['0', 'warnings'],
  ] as const)('that cannot be lowered from %s is reported among the %s', async (present, where) => {
    writeFileSync(file, `${present}\n`);
    const refuse = () => Promise.reject(Object.assign(new Error('refused'), { code: 'EACCES' }));
    const report = await setOomScore(-999, file, refuse);
    expect(report[where]).toEqual([expect.stringContaining(`stays ${present} instead of -999 (EACCES)`)]);
  });
});

describe('the timeouts of IPVS', () => {
  const present = { tcp: 900, tcpFin: 120, udp: 300 };

  async function timeouts(wanted: IpvsTimeouts) {
    const set: IpvsTimeouts[] = [];
    const handle = {
      ipvsTimeouts: async () => present,
      setIpvsTimeouts: async (given: IpvsTimeouts) => void set.push(given),
    };
    return { ...(await setIpvsTimeouts(handle, wanted)), set };
  }

  it('are set where one differs, and reported', async () => {
    const wanted = { tcp: 7200, tcpFin: 0, udp: 300 };
    expect(await timeouts(wanted)).toEqual({
      done: ['set IPVS timeouts: tcp 7200 s instead of 900 s'],
      warnings: [],
      set: [wanted],
    });
  });

  it('are left alone where they are 0 or the same', async () => {
    expect((await timeouts({ tcp: 0, tcpFin: 0, udp: 0 })).set).toEqual([]);
    expect((await timeouts(present)).set).toEqual([]);
  });
});
