import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Protocol } from '../../lab/api-server/tls-server.js';
import { FAULTS } from './fault-rows.js';
import { SPEED } from './following-agent.js';
import { calmState, type Ordeal, survive } from './ordeal.js';

const PROTOCOLS: readonly Protocol[] = ['h2', 'http/1.1'];

/** Most of the time of a fault is waiting: so many are waited for at once. */
const AT_ONCE = 8;

const ordeals = new Map<string, Promise<Ordeal>>();
let wished = '';

describe.each(PROTOCOLS)('over %s no event is lost and no write made twice:', (protocol) => {
  it.each(FAULTS.map(({ name }) => name))('%s', async (name) => {
    const { state, repeatedWrites, errors, isSpent } = await ordeal(name, protocol);
    expect(state).toBe(wished);
    expect(repeatedWrites).toEqual([]);
    expect(errors).toEqual([]);
    expect(isSpent).toBe(true);
  });
});

beforeAll(async () => {
  wished = await calmState();
  const waiting = FAULTS.flatMap((row) => PROTOCOLS.map((protocol) => ({ row, protocol })));
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { row, protocol } = next;
      const passed = survive(row, protocol, wished);
      ordeals.set(`${row.name} ${protocol}`, passed);
      await passed.catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}, 30_000);

afterAll(async () => {
  const rows = await Promise.all(FAULTS.map(({ name }) => tableRow(name)));
  const title =
    `Recovery in seconds of the agent's clock: an upper bound, since it runs ${SPEED} times faster, and each 10 ms of work count as ` +
    `${(SPEED * 10) / 1000} s.\nThe waits alone are held to 2.3 s on a clock without work: test/kubernetes/reflector.test.ts.`;
  process.stdout.write([title, `${'fault'.padEnd(24)}      h2  HTTP/1.1`, ...rows, ''].join('\n'));
});

async function ordeal(name: string, protocol: Protocol): Promise<Ordeal> {
  const passed = await ordeals.get(`${name} ${protocol}`);
  if (passed === undefined) throw new Error(`nobody was put through ${name}`);
  return passed;
}

async function tableRow(name: string): Promise<string> {
  const cells = PROTOCOLS.map(async (protocol) => {
    const passed = await ordeal(name, protocol).catch(() => undefined);
    return (passed?.seconds.toFixed(1) ?? '-').padStart(8);
  });
  return [name.padEnd(24), ...(await Promise.all(cells))].join('');
}
