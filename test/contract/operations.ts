import { type Address, familyOf } from '../../src/model/address.js';
import type { Cidr } from '../../src/model/cidr.js';
import { TRAFFIC_SETS } from '../../src/model/dataplane.js';
import { type Frontend, frontend, insideOf } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { type RealServer, realServer } from '../../src/model/real-server.js';
import type { VirtualServerSettings } from '../../src/model/virtual-server.js';
import { POD_1, POD_1_6, POD_2, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { settings } from '../support/objects.js';

export const RR: VirtualServerSettings = settings('rr');
export const WEB = frontend(VIP_A, 80, 'TCP');
export const OTHER = frontend(VIP_B, 443, 'TCP');
export const WEB_6 = frontend(VIP_A6, 80, 'TCP');
/** The views of clients inside the cluster, one mark in both families. */
export const INSIDE = insideOf(WEB, 0x1234_5678);
export const INSIDE_6 = insideOf(WEB_6, 0x1234_5678);
export const ONE = realServer(POD_1, 8_080, 1);
export const ONE_6 = realServer(POD_1_6, 8_080, 1);
export const TWO = realServer(POD_2, 8_080, 1);

// nftables keeps 127 bytes of a comment.
export const LONGEST_OWNER = `${'n'.repeat(63)}/${'s'.repeat(63)}`;

/** Ranges of clients, from everybody to a single one. */
const RANGES: readonly Cidr[] = [
  range('0.0.0.0', 0),
  range('198.51.100.0', 23),
  range('192.0.2.7', 32),
  range('2001:db8:1::', 48),
  range('2001:db8::7', 128),
];

function range(text: string, prefix: number): Cidr {
  const address = text as Address;
  return { text: `${text}/${prefix}`, family: familyOf(address), address, prefix };
}

export const add = (front: Frontend, settings = RR): Operation => ({
  kind: 'add-virtual-server',
  frontend: front,
  settings,
});
export const set = (front: Frontend, settings: VirtualServerSettings): Operation => ({
  kind: 'set-virtual-server',
  frontend: front,
  settings,
});
export const remove = (front: Frontend): Operation => ({ kind: 'delete-virtual-server', frontend: front });
export const own = (front: Frontend, owner = 'default/web:http'): Operation => ({
  kind: 'own-frontend',
  frontend: front,
  owner,
});
export const real = (
  verb: 'add' | 'set' | 'delete',
  server: RealServer,
  front: Frontend = WEB,
): Extract<Operation, { kind: `${string}-real-server` }> => ({
  kind: `${verb}-real-server`,
  frontend: front,
  server,
});

/** Writes to a set of the table or to the device, each with the one that takes it back. */
export const ENTRIES: readonly (readonly [Operation, Operation])[] = [
  [own(WEB), { kind: 'disown-frontend', frontend: WEB }],
  [
    { kind: 'open-frontend', frontend: WEB },
    { kind: 'close-frontend', frontend: WEB },
  ],
  [
    { kind: 'guard-vip', address: VIP_A },
    { kind: 'release-vip', address: VIP_A },
  ],
  [own(INSIDE), { kind: 'disown-frontend', frontend: INSIDE }],
  [
    { kind: 'open-frontend', frontend: INSIDE_6 },
    { kind: 'close-frontend', frontend: INSIDE_6 },
  ],
  ...TRAFFIC_SETS.map((set, index): readonly [Operation, Operation] => {
    const front = index % 2 === 0 ? WEB : WEB_6;
    return [
      { kind: 'enter-set', set, frontend: front },
      { kind: 'leave-set', set, frontend: front },
    ];
  }),
  ...RANGES.map((source): readonly [Operation, Operation] => {
    const front = source.prefix === 0 ? OTHER : source.family === 'IPv4' ? WEB : WEB_6;
    return [
      { kind: 'allow-source', frontend: front, source },
      { kind: 'forbid-source', frontend: front, source },
    ];
  }),
  [
    { kind: 'bind-vip', address: VIP_A6 },
    { kind: 'unbind-vip', address: VIP_A6 },
  ],
];
