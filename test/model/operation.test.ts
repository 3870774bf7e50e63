import { describe, expect, it } from 'vitest';
import { frontend } from '../../src/model/frontend.js';
import {
  countOf,
  isPolicyKind,
  kindOf,
  type Operation,
  type OperationKind,
  operationText,
  singly,
} from '../../src/model/operation.js';
import { evenServers } from '../../src/model/real-server.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';

const ELSEWHERE: readonly OperationKind[] = [
  'bind-vip',
  'unbind-vip',
  'add-virtual-server',
  'set-virtual-server',
  'delete-virtual-server',
  'add-real-server',
  'set-real-server',
  'delete-real-server',
  'forget-flows',
];

describe('operations of nftables', () => {
  it.each(['own-frontend', 'guard-vip', 'enter-set', 'leave-set', 'allow-source', 'forbid-source'] as const)(
    '%s is one',
    (kind) => expect(isPolicyKind(kind)).toBe(true),
  );

  it.each(ELSEWHERE)('%s is none', (kind) => expect(isPolicyKind(kind)).toBe(false));
});

describe('an operation that adds servers together', () => {
  const front = frontend(VIP_A, 80, 'TCP');
  const together: Operation = {
    kind: 'add-real-servers',
    frontend: front,
    servers: evenServers([POD_1, POD_2], 8080, 3),
  };
  const open: Operation = { kind: 'open-frontend', frontend: front };

  it('is counted and told as one for each server, in its place among the others', () => {
    expect([together, open].map((operation) => [kindOf(operation), countOf(operation)])).toEqual([
      ['add-real-server', 2],
      ['open-frontend', 1],
    ]);
    expect(singly([open, together, open]).map(operationText)).toEqual([
      'open-frontend 10.96.0.10:80/TCP',
      'add-real-server 10.96.0.10:80/TCP 10.244.0.1:8080 weight 3',
      'add-real-server 10.96.0.10:80/TCP 10.244.0.2:8080 weight 3',
      'open-frontend 10.96.0.10:80/TCP',
    ]);
  });
});
