import { addressBytes, familyOf } from '../../src/model/address.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { type FrontendKey, isInside, nameless } from '../../src/model/frontend.js';
import type { SingleOperation } from '../../src/model/operation.js';
import { type RealServer, RealServerList } from '../../src/model/real-server.js';
import type { VirtualServer } from '../../src/model/virtual-server.js';

/** What the fake kernel does with one virtual server, as the kernel's ip_vs does. */

export function realServerRefusal(
  kind: 'add-real-server' | 'set-real-server' | 'delete-real-server',
  virtualServer: VirtualServer | undefined,
  server: RealServer,
): string | undefined {
  if (virtualServer === undefined) return 'ESRCH';
  const there = virtualServer.realServers.find(server) !== undefined;
  if (kind !== 'add-real-server') return there ? undefined : 'ENOENT';
  if (familyOf(server.address) !== familyOf(virtualServer.frontend.address)) return 'EINVAL';
  if (!isUnicast(server)) return 'EINVAL';
  return there ? 'EEXIST' : undefined;
}

// The kernel wants a unicast destination (ip_vs_new_dest): no multicast, broadcast or IPv6 link-local address.
function isUnicast({ address }: RealServer): boolean {
  const bytes = addressBytes(address);
  const first = bytes[0] ?? 0;
  if (bytes.length === 4) return first < 224;
  return first !== 0xff && !(first === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80);
}

// Only the ledger says what stands behind a mark.
export function withoutLedger(server: VirtualServer): VirtualServer {
  const { frontend } = server;
  if (!isInside(frontend)) return server;
  return { ...server, frontend: nameless(familyOf(frontend.address), frontend.mark) };
}

export function copyOf(server: VirtualServer): VirtualServer {
  return { ...server, realServers: new RealServerList(server.realServers) };
}

export type ServerOperation = Extract<SingleOperation, { kind: `${string}-server` }>;

export function isOfServers(operation: SingleOperation): operation is ServerOperation {
  return operation.kind.endsWith('-server');
}

// The kernel does not know whose a virtual server is: a mistaken write does reach it, and a test must see that.
export function changeForeign(foreign: Map<FrontendKey, VirtualServer>, operation: ServerOperation): void {
  const { key } = operation.frontend;
  const server = foreign.get(key);
  if (server === undefined) return;
  const scratch = new DataplaneState();
  scratch.putVirtualServer(copyOf(server));
  scratch.acknowledge(operation);
  const after = scratch.virtualServers.get(key);
  if (after === undefined) foreign.delete(key);
  else foreign.set(key, after);
}
