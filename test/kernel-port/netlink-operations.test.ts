import { describe, expect, it } from 'vitest';
import type { KernelOperation } from '../../src/kernel/native/records.js';
import { addRecords, outcomeOf } from '../../src/kernel/netlink/netlink-operations.js';
import { frontend } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import type { VipBinding } from '../../src/model/vip-binding.js';
import { POD_1, VIP_A } from '../support/addresses.js';
import { settings } from '../support/objects.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const SERVER = realServer(POD_1, 8080, 1);
function recordsOf(operation: Operation, binding: VipBinding = 'addresses'): KernelOperation[] {
  const records: KernelOperation[] = [];
  addRecords(operation, records, binding);
  return records;
}

const [EEXIST, ENOENT, ESRCH, ENOBUFS, ENODEV] = [-17, -2, -3, -105, -19];

describe('an operation becomes kernel records', () => {
  it('with our tag, and with the persistent flag only where there is affinity', () => {
    const write = { kind: 'add-virtual-server', frontend: FRONT } as const;
    expect(recordsOf({ ...write, settings: settings('rr') })).toMatchObject([
      { flags: 0x6b69_0000, timeout: 0 },
    ]);
    expect(recordsOf({ ...write, settings: settings('rr', 60) })).toMatchObject([
      { flags: 0x6b69_0001, timeout: 60 },
    ]);
  });

  it('and a new owner replaces the old entry in the same transaction', () => {
    const write = { kind: 'own-frontend', frontend: FRONT, owner: 'a/b' } as const;
    expect(recordsOf(write).map(({ kind }) => kind)).toEqual(['add-element']);
    expect(recordsOf({ ...write, replaces: 'c/d' }).map(({ kind }) => kind)).toEqual([
      'delete-element',
      'add-element',
    ]);
  });

  it('that bind a VIP in the way that is set, and unbind it in both, so that nothing is left of the other', () => {
    const kinds = (kind: 'bind-vip' | 'unbind-vip', binding: VipBinding) =>
      recordsOf({ kind, address: VIP_A }, binding).map((record) => record.kind);
    expect(kinds('bind-vip', 'addresses')).toEqual(['bind-address']);
    expect(kinds('bind-vip', 'routes')).toEqual(['bind-route']);
    expect(kinds('unbind-vip', 'addresses')).toEqual(['unbind-route', 'unbind-address']);
    expect(kinds('unbind-vip', 'routes')).toEqual(['unbind-address', 'unbind-route']);
  });
});

describe('an answer of the kernel', () => {
  const addServer: Operation = { kind: 'add-real-server', frontend: FRONT, server: SERVER };
  it.each<[string, Operation, number, string]>([
    ['binding what is bound', { kind: 'bind-vip', address: VIP_A }, EEXIST, 'done'],
    ['unbinding without a device', { kind: 'unbind-vip', address: VIP_A }, ENODEV, 'done'],
    ['taking away a route that is not there', { kind: 'unbind-vip', address: VIP_A }, ESRCH, 'done'],
    ['binding without a device', { kind: 'bind-vip', address: VIP_A }, ENODEV, 'failed'],
    ['closing what is closed', { kind: 'close-frontend', frontend: FRONT }, ENOENT, 'done'],
    ['opening without a table', { kind: 'open-frontend', frontend: FRONT }, ENOENT, 'failed'],
    ['adding a server that exists', addServer, EEXIST, 'failed'],
    ['adding a server to nothing', addServer, ESRCH, 'failed'],
    ['deleting a server that is gone', { ...addServer, kind: 'delete-real-server' }, ENOENT, 'failed'],
    ['a lost answer', addServer, ENOBUFS, 'unknown'],
    ['success', addServer, 0, 'done'],
  ])('to %s', (_, operation, errno, kind) => {
    expect(outcomeOf(operation, errno).kind).toBe(kind);
  });
});
