import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTop } from '../../src/cli/top.js';
import { listing, listingQuery } from '../../src/status/listing/listing-source.js';
import { AnsweringAgent, Written } from '../support/cli.js';
import { API, counters, smallCluster, WEB } from '../support/listed-cluster.js';

const cluster = smallCluster();
const agent = new AnsweringAgent({ '/services': (query) => listing(listingQuery(query), cluster.parts) });

beforeAll(() => agent.listen());
afterAll(() => agent.close());

async function top(adminSocket: string, rows: number) {
  const written = new Written();
  const wait = async () => {
    // A second later by the clock that measures, whatever the machine does meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 100));
    cluster.traffic.set(API.key, counters(540));
  };
  const options = { adminSocket, interval: 1, rows, once: true };
  const kernelRows = (query: Parameters<typeof listing>[0]) => listing(query, cluster.parts);
  const code = await runTop(options, { ...written.parts, wait, kernelRows });
  return { code, lines: written.out.trimEnd().split('\n'), err: written.err };
}

it('top shows the frontends with the most traffic first, at most as many as asked', async () => {
  const { code, lines } = await top(agent.socket, 20);
  expect(code).toBe(0);
  expect(lines[0]?.split(/ +/)).toEqual([
    'SERVICE',
    'VIP:PORT',
    'ActiveConn',
    'CPS',
    'InPPS',
    'OutPPS',
    'InBPS',
    'OutBPS',
  ]);
  expect(lines[1]).toMatch(/^default\/api +10\.96\.0\.11:443\/TCP +0 +[1-9]/);
  expect(lines[2]).toMatch(new RegExp(`^default/web:http +${WEB.key} +4 +0 +0 +0 +0 +0$`));
  expect((await top(agent.socket, 1)).lines).toHaveLength(2);
});

it('top reads the kernel where no agent runs, and says so once', async () => {
  const { code, err } = await top('/nonexistent/admin.sock', 20);
  expect({ code, err }).toEqual({ code: 3, err: 'The agent is not running. This is what the kernel has.\n' });
});
