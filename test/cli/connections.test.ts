import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectionsOptions, runConnections } from '../../src/cli/connections.js';
import { connectionIn, ipvsConnections } from '../../src/kernel/netlink/proc-ip-vs-conn.js';
import { listing, listingQuery } from '../../src/status/listing/listing-source.js';
import { AnsweringAgent, Written } from '../support/cli.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';
import { smallCluster } from '../support/listed-cluster.js';

/** As Linux 6.12 writes it. */
const TABLE = `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP C0000201 9C40 0A60000A 0050 0AF40001 1F90 ESTABLISHED     899
TCP C0000201 0000 0A60000B 01BB 0AF40001 20FB NONE           10790
UDP C6336401 D903 0A600063 0035 0AF40009 0035 UDP              120
TCP 2001:0db8:0000:0000:0000:0000:0000:0001 9C41 fd00:0096:0000:0000:0000:0000:0000:0010 0050 fd00:0244:0000:0000:0000:0000:0000:0001 1F90 TIME_WAIT        60
`;

const folder = mkdtempSync(join(tmpdir(), 'connections-'));
const file = join(folder, 'ip_vs_conn');
const cluster = smallCluster();
const agent = new AnsweringAgent({
  '/services': (query) => listing(listingQuery(query), cluster.parts),
  '/service': async () => ({ nearest: ['default/web'] }),
});

beforeAll(async () => {
  writeFileSync(file, TABLE);
  await agent.listen();
});

afterAll(async () => {
  await agent.close();
  rmSync(folder, { recursive: true });
});

async function connections(name?: string, options: Partial<ConnectionsOptions> = {}) {
  const written = new Written();
  const code = await runConnections(
    name,
    { adminSocket: agent.socket, output: 'table', ...options },
    {
      ...written.parts,
      connections: () => ipvsConnections(file),
      kernelRows: (query) => listing(query, cluster.parts),
    },
  );
  return { code, out: written.out, err: written.err };
}

describe('connections', () => {
  it('stand with the names of their Services, in 80 columns', async () => {
    const { code, out } = await connections();
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot('golden/connections.txt');
    const web = await connections('web');
    expect(web.out.split('\n').filter(({ length }) => length > 80)).toEqual([]);
    expect(web.out.trim().split('\n')).toHaveLength(2);
  });

  it('are JSON as the schema says', async () => {
    const { out } = await connections(undefined, { output: 'json' });
    expect(schemaBreaches(JSON.parse(out), readSchema('connection-list.v1.json'))).toEqual([]);
  });

  it('of an unknown Service are none, with near names', async () => {
    const { code, err } = await connections('wbe');
    expect({ code, err }).toEqual({
      code: 4,
      err: 'No frontend of wbe is on this node. Near names: default/web.\n',
    });
  });

  it.each([
    '',
    'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires',
    'TCP x 1 y 2 z 3 A 1',
    'ICM 0 0 0',
  ])('are not made of the line %j', (line) => {
    expect(connectionIn(line)).toBeUndefined();
  });
});
