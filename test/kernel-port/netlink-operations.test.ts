import { describe, expect, it } from 'vitest';
import { RecordSpace } from '../../src/kernel/native/operation-encoder.js';
import type { KernelOperation, KeyKind } from '../../src/kernel/native/records.js';
import { AnswerList, addRecords, jobsOf, outcomeOf } from '../../src/kernel/netlink/netlink-operations.js';
import { frontend } from '../../src/model/frontend.js';
import { DONE, failed, type Operation, type SingleOperation, unknown } from '../../src/model/operation.js';
import { evenServers, realServer } from '../../src/model/real-server.js';
import type { VipBinding } from '../../src/model/vip-binding.js';
import { address, POD_1, VIP_A } from '../support/addresses.js';
import { settings } from '../support/objects.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const SERVER = realServer(POD_1, 8080, 1);

/** What is written by its bytes, and what by the text that names it. */
type Written = KernelOperation | { readonly kind: KeyKind; readonly name: string; readonly comment: string };

function recordsOf(operation: SingleOperation, binding: VipBinding = 'addresses'): Written[] {
  const records: Written[] = [];
  addRecords(
    operation,
    {
      push: (record) => void records.push(record),
      pushKey: (kind, _set, _parts, name, comment = '') => void records.push({ kind, name, comment }),
    },
    binding,
  );
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

describe('operations on their way to the kernel', () => {
  const SETTINGS = { hasArpTable: false, vipBinding: 'addresses' } as const;
  const open: Operation = { kind: 'open-frontend', frontend: FRONT };
  const together = (count: number): Operation => ({
    kind: 'add-real-servers',
    frontend: FRONT,
    servers: evenServers(
      Array.from({ length: count }, (_, index) => address(`10.1.${index >> 8}.${index & 255}`)),
      8080,
      1,
    ),
  });
  const jobsFor = (operations: readonly Operation[]) =>
    [...jobsOf(operations, SETTINGS, new RecordSpace())].map((job) => ({
      ...job,
      buffer: job.buffer.slice(),
    }));

  it('go in jobs of some thousand answers, however many an operation has', () => {
    const operations = [together(1_000), open, together(1_000), together(100), open, together(3), open];
    const counts = jobsFor(operations).map(({ operations: those, ends }) => [those.length, ends.at(-1)]);
    expect(counts).toEqual([
      [4, 2_101],
      [3, 5],
    ]);
    expect(jobsFor([])).toEqual([]);
  });

  it('are answered in their order: servers added together as one where all were added, else each', () => {
    const operations = [together(2), open, together(3)];
    const [job] = jobsFor(operations);
    if (job === undefined) throw new Error('there is no job');
    const answersTo = (codes: number[]) => {
      const answers = new AnswerList();
      answers.add(job, { codes: new Int32Array(codes), messages: [{ record: 4, text: 'because' }] });
      return answers.operations.map(({ kind }, index) => [kind, answers.outcomes[index]]);
    };
    expect(answersTo([0, 0, 0, 0, 0, 0])).toEqual([
      ['add-real-servers', DONE],
      ['open-frontend', DONE],
      ['add-real-servers', DONE],
    ]);
    expect(answersTo([0, 0, ENOENT, 0, EEXIST, ENOBUFS])).toEqual([
      ['add-real-servers', DONE],
      ['open-frontend', failed('ENOENT')],
      ['add-real-server', DONE],
      ['add-real-server', failed('EEXIST', 'because')],
      ['add-real-server', unknown('ENOBUFS')],
    ]);
    expect(answersTo([0])).toContainEqual(['add-real-server', unknown('ENOBUFS')]);
  });
});

describe('an answer of the kernel', () => {
  const addServer: SingleOperation = { kind: 'add-real-server', frontend: FRONT, server: SERVER };
  it.each<[string, SingleOperation, number, string]>([
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
