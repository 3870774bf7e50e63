import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runTop } from '../../src/cli/top.js';
import { listing, listingQuery } from '../../src/status/listing/listing-source.js';
import { AnsweringAgent, Written } from '../support/cli.js';
import { API, counters, smallCluster } from '../support/listed-cluster.js';

const cluster = smallCluster();
const agent = new AnsweringAgent({ '/services': (query) => listing(listingQuery(query), cluster.parts) });

beforeAll(() => agent.listen());
afterAll(() => agent.close());

async function top(adminSocket: string, rows: number) {
  const written = new Written();
  const wait = async () => {
    cluster.traffic.set(API.key, counters(540));
  };
  const options = { adminSocket, interval: 1, rows, once: true };
  const kernelRows = (query: Parameters<typeof listing>[0]) => listing(query, cluster.parts);
  const code = await runTop(options, { ...written.parts, wait, kernelRows });
  return { code, lines: written.out.trimEnd().split('\n'), err: written.err };
}

it('top shows the frontends with the most traffic first, at most as many as asked, in 80 columns', async () => {
  let now = 0;
  // A second passes for each sample, whatever the machine does meanwhile.
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
  try {
    const { code, lines } = await top(agent.socket, 20);
    expect(code).toBe(0);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/top.txt');
    expect((await top(agent.socket, 1)).lines).toHaveLength(2);
  } finally {
    clock.mockRestore();
  }
});

it('top reads the kernel where no agent runs, and says so once', async () => {
  const { code, err } = await top('/nonexistent/admin.sock', 20);
  expect({ code, err }).toEqual({ code: 3, err: 'The agent is not running. This is what the kernel has.\n' });
});
