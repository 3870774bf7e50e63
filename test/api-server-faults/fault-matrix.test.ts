import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Protocol } from '../../lab/api-server/tls-server.js';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import { FAULTS } from './fault-rows.js';
import { calmState, type FaultRun, survive } from './fault-run.js';
import { IS_REAL_TIME } from './following-agent.js';
import { recoveryTable } from './recovery-table.js';

const PROTOCOLS: readonly Protocol[] = ['h2', 'http/1.1'];

/** Most of the time of a fault is waiting: so many are waited for at once. In real time it is nearly all of it. */
const AT_ONCE = IS_REAL_TIME ? 1000 : 8;

const RESULTS = join(PROJECT_FOLDER, 'bench/results/recovery.md');

const runs = new Map<string, Promise<FaultRun>>();
let expected = '';

describe.each(PROTOCOLS)('over %s no event is lost and no write made twice:', (protocol) => {
  it.each(FAULTS.map(({ name }) => name))('%s', async (name) => {
    const { state, repeatedWrites, errors, isSpent } = await faultRun(name, protocol);
    expect(state).toBe(expected);
    expect(repeatedWrites).toEqual([]);
    expect(errors).toEqual([]);
    expect(isSpent).toBe(true);
  });
});

beforeAll(
  async () => {
    expected = await calmState();
    const waiting = FAULTS.flatMap((row) => PROTOCOLS.map((protocol) => ({ row, protocol })));
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { row, protocol } = next;
        const passed = survive(row, protocol, expected);
        runs.set(`${row.name} ${protocol}`, passed);
        await passed.catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  },
  IS_REAL_TIME ? 600_000 : 120_000,
);

afterAll(async () => {
  const names = FAULTS.flatMap(({ name }) => PROTOCOLS.map((protocol) => `${name} ${protocol}`));
  const settled = await Promise.all(names.map((name) => runs.get(name)?.catch(() => undefined)));
  const outcomes = new Map(names.map((name, index) => [name, settled[index]]));
  const table = recoveryTable((name, protocol) => outcomes.get(`${name} ${protocol}`));
  process.stdout.write(table);
  if (IS_REAL_TIME) writeFileSync(RESULTS, table);
});

async function faultRun(name: string, protocol: Protocol): Promise<FaultRun> {
  const passed = await runs.get(`${name} ${protocol}`);
  if (passed === undefined) throw new Error(`nobody was put through ${name}`);
  return passed;
}
