import { readFile } from 'node:fs/promises';
import type { Activity } from '../model/activity.js';
import { DataplaneState } from '../model/dataplane-state.js';
import { type FrontendKey, frontend } from '../model/frontend.js';
import { type RealServer, type RealServerKey, realServer } from '../model/real-server.js';
import type { VirtualServer } from '../model/virtual-server.js';
import type { Observation, Sight, Surroundings } from './kernel.js';
import type { KernelHandle } from './native/addon.js';
import { decodeAddresses, decodeElements, decodeVirtualServers } from './native/answer-decoder.js';
import { errnoName, NetlinkError } from './native/netlink-error.js';
import type { ElementRecord, LookAnswer, VirtualServerRecord } from './native/records.js';
import { addressOfElement, frontendOfElement, PACKET_SETS, type PacketSet } from './packet-sets.js';
import { type ProcVirtualServer, parseProcIpVs } from './proc-ip-vs.js';
import { fromKernel } from './service-settings.js';

/** A virtual server was in one of the two listings only, although they were read anew several times. */
export class UnsteadyKernel extends Error {
  override readonly name = 'UnsteadyKernel';
}

const ATTEMPTS = 3;

/** Everything in the namespace: virtual servers, the addresses of our device, the sets of our table. */
export async function observeAll(
  handle: KernelHandle,
  remembered: (key: FrontendKey) => boolean,
): Promise<Observation> {
  const dataplane = new DataplaneState();
  dataplane.putSurroundings(await observeSurroundings(handle));
  const isOurs = (key: FrontendKey) => dataplane.policy.owned.has(key) || remembered(key);
  const activity = new Map<FrontendKey, ReadonlyMap<RealServerKey, Activity>>();
  const foreign: VirtualServer[] = [];
  for (const [server, itsActivity] of await readVirtualServers(handle)) {
    const { key } = server.frontend;
    activity.set(key, itsActivity);
    if (isOurs(key)) dataplane.putVirtualServer(server);
    else {
      dataplane.foreign.add(key);
      foreign.push(server);
    }
  }
  return { dataplane, activity, foreign };
}

/**
 * Settings come from a netlink dump, real servers from /proc/net/ip_vs, which is far cheaper than a dump for each
 * virtual server. Both walk the kernel's table by position and say nothing when a change between two pages makes them
 * skip an entry, so they are compared and read again where they differ.
 */
async function readVirtualServers(
  handle: KernelHandle,
): Promise<[VirtualServer, ReadonlyMap<RealServerKey, Activity>][]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const records = decodeVirtualServers(await handle.dumpVirtualServers());
    const listed = parseProcIpVs(await readFile('/proc/net/ip_vs', 'utf8'));
    const joined = join(records, listed);
    if (joined !== undefined) return joined;
  }
  throw new UnsteadyKernel('the virtual servers change faster than they can be read');
}

function join(
  records: readonly VirtualServerRecord[],
  listed: ReadonlyMap<FrontendKey, ProcVirtualServer>,
): [VirtualServer, ReadonlyMap<RealServerKey, Activity>][] | undefined {
  const joined: [VirtualServer, ReadonlyMap<RealServerKey, Activity>][] = [];
  for (const record of records) {
    const { key } = record;
    if ('mark' in key) continue;
    const front = frontend(key.address, key.port, key.protocol);
    const found = listed.get(front.key);
    if (found === undefined) return undefined;
    const settings = fromKernel(record);
    joined.push([{ frontend: front, settings, realServers: found.realServers }, found.activity]);
  }
  return joined.length === listed.size ? joined : undefined;
}

/** What a look at one virtual server found. */
export function toSight(answer: LookAnswer): Sight {
  if (answer.kind === 'absent') return { kind: 'absent' };
  if (answer.kind === 'unknown') return { kind: 'unknown', code: errnoName(answer.errno) };
  const { key } = answer.server;
  if ('mark' in key) return { kind: 'unknown', code: 'EINVAL' };
  const realServers = new Map<RealServerKey, RealServer>();
  const activity = new Map<RealServerKey, Activity>();
  for (const { address, port, weight, active, inactive } of answer.realServers) {
    const server = realServer(address, port, weight);
    realServers.set(server.key, server);
    activity.set(server.key, { active, inactive });
  }
  const front = frontend(key.address, key.port, key.protocol);
  const settings = fromKernel(answer.server);
  return { kind: 'present', server: { frontend: front, settings, realServers }, activity };
}

/** The addresses of our device and the sets of our table; both empty where there is no device and no table yet. */
export async function observeSurroundings(handle: KernelHandle): Promise<Surroundings> {
  const seen = new DataplaneState();
  if (handle.deviceIndex() !== 0)
    for (const { address } of decodeAddresses(await handle.dumpAddresses())) seen.bound.add(address);
  for (const [index, set] of PACKET_SETS.entries())
    for (const element of await readSet(handle, index)) takeElement(seen, set, element);
  return seen;
}

/** The elements of one set; none where set or table is missing. */
export async function readSet(handle: KernelHandle, index: number): Promise<readonly ElementRecord[]> {
  try {
    return decodeElements(await handle.dumpSet(index));
  } catch (error) {
    if (error instanceof NetlinkError && error.code === 'ENOENT') return [];
    throw error;
  }
}

function takeElement(seen: DataplaneState, set: PacketSet, { element, comment }: ElementRecord): void {
  if (set.purpose === 'guarded') seen.policy.guarded.add(addressOfElement(set, element));
  else if (set.purpose === 'hairpins') seen.policy.hairpins.add(addressOfElement(set, element));
  else {
    const front = frontendOfElement(set, element);
    if (front === undefined) return;
    if (set.purpose === 'open') seen.policy.open.set(front.key, front);
    else seen.policy.owned.set(front.key, { frontend: front, owner: comment });
  }
}
