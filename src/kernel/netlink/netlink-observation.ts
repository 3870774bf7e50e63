import { readFile } from 'node:fs/promises';
import { type Address, type Family, familyOf, formatAddress } from '../../model/address.js';
import { TimeSlice } from '../../model/clock.js';
import type { Activity, LookResult } from '../../model/counters.js';
import type { Ownership } from '../../model/dataplane.js';
import { DataplaneState } from '../../model/dataplane-state.js';
import { type Frontend, type FrontendKey, frontend, isInside, nameless } from '../../model/frontend.js';
import { type RealServerKey, RealServerList, realServer } from '../../model/real-server.js';
import type { VirtualServer } from '../../model/virtual-server.js';
import type { AddressesAndSets, Observation, Remembered } from '../kernel.js';
import type { KernelHandle } from '../native/addon.js';
import { decodeAddresses, decodeElements, decodeServerSettings } from '../native/answer-decoder.js';
import { errnoName, NetlinkError } from '../native/netlink-error.js';
import type {
  ElementRecord,
  LookAnswer,
  MarkKey,
  ServerKey,
  ServerSettingsRecord,
} from '../native/records.js';
import {
  addressOfElement,
  frontendOfElement,
  PACKET_SETS,
  type PacketSet,
  sourceOfElement,
} from '../packet-table/packet-sets.js';
import { ARP_INDEX } from '../packet-table/packet-table.js';
import { type ProcListing, type ProcMarkServer, parseProcIpVs } from './proc-ip-vs.js';
import type { Rebinding } from './rebinding.js';
import { drainStart, fromKernel, isOfTrial, isTagged } from './server-settings.js';

/** A virtual server was in one of the two listings only, although they were read anew several times. */
class UnsteadyKernel extends Error {
  override readonly name = 'UnsteadyKernel';
}

const ATTEMPTS = 3;

/** Of /proc/net/ip_vs, between two looks at the clock; each takes a microsecond or two. */
const LINES_PER_LOOK = 256;

/** Everything in the namespace: virtual servers, the addresses of our device, the sets of our table. */
export async function observeAll(
  handle: KernelHandle,
  remembered: Remembered,
  rebinding: Rebinding,
): Promise<Observation> {
  const dataplane = new DataplaneState();
  dataplane.putAddressesAndSets(await observeAddressesAndSets(handle, rebinding));
  const { owned } = dataplane.policy;
  const activity = new Map<FrontendKey, ReadonlyMap<RealServerKey, Activity>>();
  const foreign: VirtualServer[] = [];
  for (const [server, itsActivity] of await readVirtualServers(
    handle,
    marksOf([...remembered.values(), ...owned.values()]),
  )) {
    const { key } = server.frontend;
    activity.set(key, itsActivity);
    if (server.untagged === undefined || owned.has(key) || remembered.has(key))
      dataplane.putVirtualServer(server);
    else {
      dataplane.foreign.add(key);
      foreign.push(server);
    }
  }
  return { dataplane, activity, foreign };
}

type Listed = readonly [VirtualServer, ReadonlyMap<RealServerKey, Activity>];

/**
 * Settings come from a netlink dump, real servers from /proc/net/ip_vs, which is far cheaper than a dump for each
 * virtual server. Both walk the kernel's table by position and say nothing when a change between two pages makes them
 * skip an entry, so they are compared and read again where they differ.
 */
async function readVirtualServers(handle: KernelHandle, marks: Marks): Promise<readonly Listed[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const records = decodeServerSettings(await handle.dumpVirtualServers());
    const text = await readFile('/proc/net/ip_vs', 'utf8');
    const listing = await parseProcIpVs(text, new TimeSlice(performance, LINES_PER_LOOK));
    const joined = join(records, listing, marks);
    if (joined !== undefined) return joined;
  }
  throw new UnsteadyKernel('the virtual servers change faster than they can be read');
}

function join(
  records: readonly ServerSettingsRecord[],
  { byFrontend, byMark }: ProcListing,
  marks: Marks,
): readonly Listed[] | undefined {
  const joined: Listed[] = [];
  let byAddress = 0;
  let marked = 0;
  for (const record of records) {
    const { key } = record;
    const isMark = 'mark' in key;
    const front = isMark ? viewBehind(record, key, marks) : frontend(key.address, key.port, key.protocol);
    const found = isMark ? sameMark(byMark[marked++], key.mark) : byFrontend.get(front?.key as FrontendKey);
    if (!isMark) byAddress++;
    if (found === undefined) return undefined;
    // Nothing that we want can collide with it unnoticed.
    if (front === undefined || isOfTrial(record.flags)) continue;
    joined.push([seenServer(record, front, found.realServers), found.activity]);
  }
  return byAddress === byFrontend.size && marked === byMark.length ? joined : undefined;
}

/** Undefined for another program's mark: it is not in the ledger, and the virtual server is not tagged. */
function viewBehind({ flags }: ServerSettingsRecord, key: MarkKey, marks: Marks): Frontend | undefined {
  return marks.at(key) ?? (isTagged(flags) ? nameless(key.family, key.mark) : undefined);
}

function seenServer(
  record: Omit<ServerSettingsRecord, 'key'>,
  front: Frontend,
  realServers: RealServerList,
): VirtualServer {
  const server = { frontend: front, settings: fromKernel(record), realServers };
  return isTagged(record.flags) ? server : { ...server, untagged: true };
}

// Both listings have the marks in the order of one kernel table.
function sameMark(server: ProcMarkServer | undefined, mark: number): ProcMarkServer | undefined {
  return server?.mark === mark ? server : undefined;
}

/** What a look at the virtual server of one frontend found. */
export function toLookResult(answer: LookAnswer, front: Frontend): LookResult {
  if (answer.kind === 'absent') return { kind: 'absent' };
  if (answer.kind === 'unknown') return { kind: 'unknown', code: errnoName(answer.errno) };
  const realServers = new RealServerList();
  const activity = new Map<RealServerKey, Activity>();
  for (const { address, port, weight, active, inactive, upperThreshold } of answer.realServers) {
    const server = realServer(address, port, weight);
    const since = drainStart(weight, upperThreshold);
    realServers.put(server);
    activity.set(server.key, { active, inactive, ...(since !== undefined && { drainingSince: since }) });
  }
  return { kind: 'present', server: seenServer(answer.server, front, realServers), activity };
}

/**
 * The same where each guarded VIP of IPv4 has to be in the table for ARP too: one that is missing there is not guarded.
 */
export async function observeWithArpSet(
  handle: KernelHandle,
  rebinding: Rebinding,
): Promise<AddressesAndSets> {
  const seen = await observeAddressesAndSets(handle, rebinding);
  const inArpSet = new Set<Address>();
  for (const { element } of await readSet(handle, ARP_INDEX)) inArpSet.add(formatAddress(element));
  const guarded = new Set(
    [...seen.policy.guarded].filter((address) => familyOf(address) === 'IPv6' || inArpSet.has(address)),
  );
  return { bound: seen.bound, policy: { ...seen.policy, guarded } };
}

/**
 * The addresses of our device, our local routes and the sets of our table; all empty where nothing is made yet. Tells
 * `rebinding` in which way they are bound.
 */
export async function observeAddressesAndSets(
  handle: KernelHandle,
  rebinding: Rebinding,
): Promise<AddressesAndSets> {
  const seen = new DataplaneState();
  const bound = decodeAddresses(await handle.dumpAddresses());
  for (const { address } of bound) seen.bound.add(address);
  for (const [index, set] of PACKET_SETS.entries())
    for (const element of await readSet(handle, index)) takeElement(seen, set, element);
  rebinding.saw(bound, seen.policy.guarded);
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

function takeElement(seen: DataplaneState, set: PacketSet, record: ElementRecord): void {
  const { element, comment, mark, freeBits } = record;
  if (set.purpose === 'guarded') seen.policy.guarded.add(addressOfElement(set, element));
  else {
    const front = frontendOfElement(set, element, mark);
    if (front === undefined) return;
    if (set.purpose === 'sources') seen.policy.allow(front, sourceOfElement(set, element, freeBits ?? 0));
    else if (set.purpose === 'open' || set.purpose === 'inside') seen.policy.open.set(front.key, front);
    else if (set.purpose === 'owned' || set.purpose === 'owned-inside')
      seen.policy.owned.set(front.key, { frontend: front, owner: comment });
    else seen.policy.traffic[set.purpose].set(front.key, front);
  }
}

/** What stands behind a firewall mark of ours. */
interface Marks {
  at(key: MarkKey): Frontend | undefined;
}

/**
 * As the ledger says it, or whoever remembers it: a virtual server keyed by a mark shows no address. Who comes last is
 * right.
 */
export function marksOf(owned: Iterable<Pick<Ownership, 'frontend'>>): Marks {
  const marks = new Map<string, Frontend>();
  for (const { frontend } of owned)
    if (isInside(frontend)) marks.set(markName(familyOf(frontend.address), frontend.mark), frontend);
  return { at: ({ family, mark }) => marks.get(markName(family, mark)) };
}

/** Those of `ours` that have these keys. */
export function frontendsOf(keys: readonly ServerKey[], ours: Remembered): Frontend[] {
  const marks = keys.some((key) => 'mark' in key) ? marksOf(ours.values()) : undefined;
  return keys.flatMap((key) => {
    if (!('mark' in key)) return ours.get(frontend(key.address, key.port, key.protocol).key)?.frontend ?? [];
    return marks?.at(key) ?? ours.get(nameless(key.family, key.mark).key)?.frontend ?? [];
  });
}

function markName(family: Family, mark: number): string {
  return `${family} ${mark}`;
}
