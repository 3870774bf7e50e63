import { describe, expect, it } from 'vitest';
import { ProcFormatError, parseProcIpVs } from '../../src/kernel/netlink/proc-ip-vs.js';
import { TimeSlice } from '../../src/model/clock.js';
import { serverKeys } from '../support/server-keys.js';

const parse = (text: string) => parseProcIpVs(text, new TimeSlice(performance));

const HEADER = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
`;

// Written by Linux 6.1.
const TEXT = `${HEADER}UDP  [fd00:0000:0000:0000:0000:0000:0000:0001]:0035 wlc 
  -> [fd00:0001:0000:0000:0000:0000:0000:aaaa]:0035      Masq    1      0          0         
TCP  0A000001:0050 rr  persistent 25000 FFFFFFFF
  -> 0A020304:1F90      Masq    3      5          7         
  -> 0A020305:1F90      Masq    0      1          0         
FWM  00000005 rr 
  -> 01020304:0000      Route   1      0          0         
`;

describe('/proc/net/ip_vs', () => {
  it('gives servers, weights and connections of both families', async () => {
    const servers = (await parse(TEXT)).byFrontend;
    expect([...servers.keys()]).toEqual(['[fd00::1]:53/UDP', '10.0.0.1:80/TCP']);
    const [udp, tcp] = servers.values();
    expect(serverKeys(udp?.realServers ?? [])).toEqual(['[fd00:1::aaaa]:53']);
    expect([...(tcp?.realServers ?? [])].map(({ key, weight }) => `${key} ${weight}`)).toEqual([
      '10.2.3.4:8080 3',
      '10.2.3.5:8080 0',
    ]);
    expect([...(tcp?.activity.values() ?? [])]).toEqual([
      { active: 5, inactive: 7 },
      { active: 1, inactive: 0 },
    ]);
  });

  it('does not give the servers of a firewall mark to the virtual server before it', async () => {
    const last = [...(await parse(TEXT)).byFrontend.values()].at(-1);
    expect(last?.realServers.size).toBe(2);
  });

  it('gives the servers of each firewall mark', async () => {
    const marks = (await parse(TEXT)).byMark.map(({ mark, realServers }) => [mark, serverKeys(realServers)]);
    expect(marks).toEqual([[5, ['1.2.3.4:0']]]);
  });

  it('without virtual servers is an empty answer, not an error', async () => {
    const { byFrontend, byMark } = await parse(HEADER);
    expect(byFrontend.size + byMark.length).toBe(0);
  });

  it.each([
    ['an unknown protocol', 'XYZ  0A000001:0050 rr \n'],
    ['an address that is cut off', 'TCP  0A0000:0050 rr \n'],
    ['an address that is no hexadecimal number', 'TCP  0A00000G:0050 rr \n'],
    ['a port that is too long', 'TCP  0A000001:00500 rr \n'],
    ['an IPv6 address with a group too few', 'TCP  [fd00:0000:0000:0000:0000:0000:0001]:0050 rr \n'],
    ['a mark that is cut off', 'FWM  0005 rr \n'],
    ['a server without weight', 'TCP  0A000001:0050 rr \n  -> 0A020304:1F90      Masq\n'],
    ['words for numbers', 'TCP  0A000001:0050 rr \n  -> 0A020304:1F90      Masq    x  y  z\n'],
  ])('with %s is refused, since unknown is not absent', async (_, text) => {
    await expect(parse(HEADER + text)).rejects.toThrow(ProcFormatError);
  });
});
