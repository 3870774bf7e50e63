import { type Frontend, frontend } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { type RealServer, realServer } from '../../src/model/real-server.js';
import type { VirtualServerSettings } from '../../src/model/virtual-server.js';
import { POD_1, POD_1_6, POD_2, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';

export const RR: VirtualServerSettings = { scheduler: 'rr', persistenceTimeout: 0 };
export const WEB = frontend(VIP_A, 80, 'TCP');
export const OTHER = frontend(VIP_B, 443, 'TCP');
export const WEB_6 = frontend(VIP_A6, 80, 'TCP');
export const ONE = realServer(POD_1, 8_080, 1);
export const TWO = realServer(POD_2, 8_080, 1);

// nftables keeps 127 bytes of a comment.
export const LONGEST_OWNER = `${'n'.repeat(63)}/${'s'.repeat(63)}`;

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
  [
    { kind: 'allow-hairpin', address: POD_1_6 },
    { kind: 'forbid-hairpin', address: POD_1_6 },
  ],
  [
    { kind: 'bind-vip', address: VIP_A6 },
    { kind: 'unbind-vip', address: VIP_A6 },
  ],
];
