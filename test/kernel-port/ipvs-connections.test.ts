import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClientEntries } from '../../src/kernel/service-look/ipvs-connections.js';
import { frontend, insideOf } from '../../src/model/frontend.js';
import { address, VIP_A, VIP_A6 } from '../support/addresses.js';

/** As Linux 6.12 writes it. */
const TEXT = `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP CB00710A C350 0A60000A 0050 0AF40001 24A0 ESTABLISHED     899
TCP CB00710A C351 0A60000A 0050 0AF40001 24A0 ESTABLISHED     880
TCP CB00710A C352 0A60000A 0050 0AF40002 24A0 TIME_WAIT       100
TCP CB00710A 0000 0A60000A 0050 0AF40001 24A0 NONE           10799
IP  CB00710A 0000 10001001 0000 0AF40002 0000 NONE             300
TCP CB00710B C350 0A60000A 0050 0AF40001 24A0 ESTABLISHED     899
TCP CB00710A C353 0A60000B 0050 0AF40001 24A0 ESTABLISHED     899
TCP 2001:0db8:0113:0000:0000:0000:0000:0010 C350 fd00:0096:0000:0000:0000:0000:0000:0010 0050 fd00:0244:0000:0000:0000:0000:0000:0001 24A0 SYN_RECV 59
`;

const CLIENT = address('203.0.113.10');
const FRONT = frontend(VIP_A, 80, 'TCP');

describe('what IPVS remembers of one client', () => {
  let folder: string;
  let file: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ip-vs-conn-'));
    file = join(folder, 'ip_vs_conn');
    writeFileSync(file, TEXT);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('is its connections by server and state, and its affinity', async () => {
    const state = (server: string, name: string, count: number) => ({
      frontend: FRONT.key,
      server,
      state: name,
      count,
    });
    expect(await readClientEntries(file, CLIENT, [FRONT])).toEqual({
      affinity: [{ frontend: FRONT.key, server: '10.244.0.1:9376', secondsLeft: 10_799 }],
      connections: [state('10.244.0.1:9376', 'ESTABLISHED', 2), state('10.244.0.2:9376', 'TIME_WAIT', 1)],
    });
  });

  it('is found behind a mark, and in the other family', async () => {
    const view = insideOf(FRONT, 0x1000_1001);
    const { affinity } = await readClientEntries(file, CLIENT, [view]);
    expect(affinity).toEqual([{ frontend: view.key, server: '10.244.0.2:0', secondsLeft: 300 }]);
    const other = frontend(VIP_A6, 80, 'TCP');
    const { connections } = await readClientEntries(file, address('2001:db8:113::10'), [other]);
    expect(connections).toMatchObject([
      { frontend: other.key, server: '[fd00:244::1]:9376', state: 'SYN_RECV' },
    ]);
  });

  it('is nothing of a client that it does not know', async () => {
    expect(await readClientEntries(file, address('192.0.2.1'), [FRONT])).toEqual({
      affinity: [],
      connections: [],
    });
  });
});
