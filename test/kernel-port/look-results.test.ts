import { expect, it } from 'vitest';
import type { LookAnswer } from '../../src/kernel/native/records.js';
import { NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { frontend } from '../../src/model/frontend.js';
import { RealServerList, realServer } from '../../src/model/real-server.js';
import { sameServer } from '../../src/model/virtual-server.js';
import { lookAnswer } from '../native/packed-answers.js';
import { POD_1, POD_2, POD_3, VIP_A, VIP_B } from '../support/addresses.js';
import { addonWith } from '../support/kernel-handle.js';

const COUNTERS = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };
const MASQUERADED = { port: 8080, forwarding: 0, upperThreshold: 0 };

function present(address: typeof VIP_A, ...realServers: (typeof POD_1)[]): LookAnswer {
  const key = { address, port: 80, protocol: 'TCP' } as const;
  return {
    kind: 'present',
    server: { key, scheduler: 'rr', flags: 0, timeout: 0, prefixLength: 32, counters: COUNTERS },
    realServers: realServers.map((pod, index) => ({
      ...MASQUERADED,
      address: pod,
      weight: 1,
      active: index,
      inactive: 2 * index,
    })),
  };
}

/** A kernel that answers to each look with these. */
function kernelWith(...answers: readonly LookAnswer[]): NetlinkKernel {
  class Handle {
    readonly lookVirtualServers = async () => lookAnswer(answers);
  }
  return new NetlinkKernel(addonWith(Handle), PLAIN_RULES);
}

const [WEB, OTHER, GONE] = [
  frontend(VIP_A, 80, 'TCP'),
  frontend(VIP_B, 80, 'TCP'),
  frontend(VIP_B, 81, 'TCP'),
];

it('a look tells of each virtual server its own real servers and their connections, and what is absent or unknown', async () => {
  const kernel = kernelWith(present(VIP_A, POD_1), { kind: 'absent' }, present(VIP_B, POD_2, POD_3), {
    kind: 'unknown',
    errno: -4,
  });
  const [web, gone, other, unknown] = await kernel.look([WEB, GONE, OTHER, WEB]);
  if (web?.kind !== 'present' || other?.kind !== 'present') throw new Error('not present');
  expect([gone, unknown]).toEqual([{ kind: 'absent' }, { kind: 'unknown', code: 'EINTR' }]);
  expect([...web.server.realServers].map(({ address }) => address)).toEqual([POD_1]);
  expect([...other.server.realServers].map(({ address }) => address)).toEqual([POD_2, POD_3]);
  expect(other.activity).toEqual(
    new Map([
      [`${POD_2}:8080`, { active: 0, inactive: 0 }],
      [`${POD_3}:8080`, { active: 1, inactive: 2 }],
    ]),
  );
});

it('what was looked at is the same in whatever order the kernel lists it, and not with another weight', async () => {
  const [seen] = await kernelWith(present(VIP_A, POD_1, POD_2)).look([WEB]);
  if (seen?.kind !== 'present') throw new Error('not present');
  const known = (...weights: readonly [number, number]) => ({
    ...seen.server,
    realServers: new RealServerList([
      realServer(POD_1, 8080, weights[0]),
      realServer(POD_2, 8080, weights[1]),
    ]),
  });
  expect(sameServer(known(1, 2), seen.server)).toBe(false);
  expect(sameServer(known(1, 1), seen.server)).toBe(true);
  const [turned] = await kernelWith(present(VIP_A, POD_2, POD_1)).look([WEB]);
  expect(turned?.kind === 'present' && sameServer(known(1, 1), turned.server)).toBe(true);
});
