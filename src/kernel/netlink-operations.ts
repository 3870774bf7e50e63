import { familyOf } from '../model/address.js';
import { type Frontend, isInside } from '../model/frontend.js';
import type { Operation } from '../model/operation.js';
import { DONE, failed, type Outcome, unknown } from '../model/outcome.js';
import { errnoName } from './native/netlink-error.js';
import type { KernelOperation, ServerKey } from './native/records.js';
import { elementOf } from './packet-sets.js';
import { quietMark } from './quiet-mark.js';
import { toKernel } from './service-settings.js';

/**
 * The records that carry one operation, one after the other in one transaction. Only a new owner in the ledger takes
 * two: nftables keeps the old comment of an element that is added again.
 */
export function recordsOf(operation: Operation): readonly KernelOperation[] {
  switch (operation.kind) {
    case 'add-virtual-server':
    case 'set-virtual-server':
      return [{ kind: operation.kind, key: serverKey(operation.frontend), ...toKernel(operation.settings) }];
    case 'delete-virtual-server':
      return [{ kind: operation.kind, key: serverKey(operation.frontend) }];
    case 'add-real-server':
    case 'set-real-server': {
      const { address, port, weight } = operation.server;
      const record = { kind: operation.kind, key: serverKey(operation.frontend), address, port, weight };
      return [weight === 0 ? { ...record, upperThreshold: quietMark() } : record];
    }
    case 'delete-real-server': {
      const { address, port } = operation.server;
      return [{ kind: operation.kind, key: serverKey(operation.frontend), address, port }];
    }
    // A flow knows the address that its client asked for, whatever the mark on its packets was.
    case 'forget-flows': {
      const { address, port } = operation.server;
      return [{ kind: operation.kind, key: operation.frontend, address, port }];
    }
    case 'bind-vip':
      return [{ kind: 'bind-address', address: operation.address }];
    case 'unbind-vip':
      return [{ kind: 'unbind-address', address: operation.address }];
    case 'own-frontend': {
      const element = elementRecord(operation);
      const entry = { kind: 'add-element', ...element, comment: operation.owner } as const;
      return operation.replaces === undefined ? [entry] : [{ kind: 'delete-element', ...element }, entry];
    }
    case 'open-frontend':
    case 'guard-vip':
    case 'enter-set':
    case 'allow-source':
      return [{ kind: 'add-element', ...elementRecord(operation) }];
    case 'disown-frontend':
    case 'close-frontend':
    case 'release-vip':
    case 'leave-set':
    case 'forbid-source':
      return [{ kind: 'delete-element', ...elementRecord(operation) }];
  }
}

function elementRecord(operation: Parameters<typeof elementOf>[0]) {
  const { key, ...rest } = elementOf(operation);
  return { ...rest, element: key };
}

/** What clients inside the cluster see is keyed by the mark that our table puts on their packets. */
export function serverKey(front: Frontend): ServerKey {
  return isInside(front) ? { family: familyOf(front.address), mark: front.mark } : front;
}

/**
 * What an answer means for an operation. The sets and the dummy device take writes that are so already: adding what
 * exists and removing what does not is done.
 */
export function outcomeOf(operation: Operation, errno: number): Outcome {
  if (errno === 0) return DONE;
  const code = errnoName(errno);
  if (code === 'ENOBUFS') return unknown(code);
  return isSoAlready(operation, code) ? DONE : failed(code);
}

function isSoAlready({ kind }: Operation, code: string): boolean {
  switch (kind) {
    case 'bind-vip':
    case 'own-frontend':
    case 'guard-vip':
    case 'open-frontend':
    case 'enter-set':
    case 'allow-source':
      return code === 'EEXIST';
    case 'unbind-vip':
      return code === 'EADDRNOTAVAIL' || code === 'ENODEV';
    case 'disown-frontend':
    case 'release-vip':
    case 'close-frontend':
    case 'leave-set':
    case 'forbid-source':
    case 'forget-flows':
      return code === 'ENOENT';
    default:
      return false;
  }
}
