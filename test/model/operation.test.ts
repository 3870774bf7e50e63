import { describe, expect, it } from 'vitest';
import { isPolicyKind, type OperationKind } from '../../src/model/operation.js';

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
