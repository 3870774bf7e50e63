import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readListeners } from '../../src/kernel/node/listeners.js';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, other: string, state: string) =>
  `   0: ${local} ${other} ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n`;
const ANY_4 = '00000000:0000';
const ANY_6 = '00000000000000000000000000000000:0000';

function readFrom(files: Readonly<Record<string, string>>): readonly string[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'listeners-'));
  made.push(folder);
  for (const [name, rows] of Object.entries(files)) writeFileSync(join(folder, name), HEAD + rows);
  const found = readListeners(folder);
  return found === undefined ? undefined : [...found].sort();
}

describe('listeners of the node', () => {
  it('are those on one address, of TCP and UDP and of both families', () => {
    const dns6 = '000000FD00006001000000000A000000';
    expect(
      readFrom({
        tcp: row('0A00600A:0035', ANY_4, '0A'),
        udp: row('0A00600A:0035', ANY_4, '07'),
        tcp6: row(`${dns6}:0035`, ANY_6, '0A'),
        udp6: row(`${dns6}:0035`, ANY_6, '07'),
      }),
    ).toEqual(['10.96.0.10:53/TCP', '10.96.0.10:53/UDP', '[fd00:0:160::a]:53/TCP', '[fd00:0:160::a]:53/UDP']);
  });

  it('are named by their address of IPv4 where a socket of IPv6 has it', () => {
    expect(readFrom({ tcp6: row('0000000000000000FFFF00000A00600A:0035', ANY_6, '0A') })).toEqual([
      '10.96.0.10:53/TCP',
    ]);
  });

  it('are not those on all addresses, which mean no VIP', () => {
    expect(
      readFrom({
        tcp: row('00000000:0035', ANY_4, '0A'),
        udp: row('00000000:0035', ANY_4, '07'),
        tcp6: row('00000000000000000000000000000000:0035', ANY_6, '0A'),
      }),
    ).toEqual([]);
  });

  it('are no connections', () => {
    const client = '0A00600A:8235';
    expect(
      readFrom({
        tcp: row('0100007F:1F90', ANY_4, '0A') + row('0A00600A:0035', client, '01'),
        udp: row('0A00600A:0035', client, '01') + row('0A00600A:0036', client, '07'),
      }),
    ).toEqual(['127.0.0.1:8080/TCP']);
  });

  it('are unknown where a table cannot be read, which is another answer than none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'listeners-'));
    made.push(folder);
    mkdirSync(join(folder, 'udp'));
    expect(readListeners(folder)).toBeUndefined();
    expect(readListeners(join(folder, 'absent'))).toEqual(new Set());
  });

  it('are found in the tables of this kernel while they listen, beside connections', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    const datagrams = createSocket('udp4');
    datagrams.bind(0, '127.0.0.1');
    await Promise.all([once(server, 'listening'), once(datagrams, 'listening')]);
    const tcp = `127.0.0.1:${(server.address() as AddressInfo).port}/TCP`;
    const udp = `127.0.0.1:${datagrams.address().port}/UDP`;
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    const there = readListeners('/proc/net');
    expect([tcp, udp].filter((key) => !there?.has(key as never))).toEqual([]);
    expect(there?.has(`127.0.0.1:${client.localPort}/TCP` as never)).toBe(false);
    client.destroy();
    server.close();
    datagrams.close();
    await Promise.all([once(server, 'close'), once(datagrams, 'close')]);
    expect([tcp, udp].filter((key) => readListeners('/proc/net')?.has(key as never))).toEqual([]);
  });
});
