import { type Address, type Family, familyOf } from '../../model/address.js';
import { STEPS_PER_LOOK, TimeSlice } from '../../model/clock.js';
import type { Activity, FrontendActivity, LookResult } from '../../model/counters.js';
import type { Ownership } from '../../model/dataplane.js';
import { DataplaneState } from '../../model/dataplane-state.js';
import {
  addressOf,
  type Frontend,
  type FrontendKey,
  frontend,
  isInside,
  nameless,
} from '../../model/frontend.js';
import type { Protocol } from '../../model/protocol.js';
import { type RealServerKey, RealServerList, realServer } from '../../model/real-server.js';
import type { VirtualServer } from '../../model/virtual-server.js';
import type { AddressesAndSets, Observation, Remembered } from '../kernel.js';
import type { KernelHandle } from '../native/addon.js';
import { decodeElements, decodeTexts } from '../native/answer-decoder.js';
import {
  type ListedPart,
  type ListedRealServers,
  type ListedServer,
  type LookedServer,
  listedParts,
} from '../native/listed-servers.js';
import { errnoName, NetlinkError } from '../native/netlink-error.js';
import {
  type ElementRecord,
  LAYOUT_SIZE,
  type MarkKey,
  type ServerKey,
  type ServiceSettings,
  type SpelledBindings,
  type SpelledElements,
} from '../native/records.js';
import { SET_LAYOUTS } from '../packet-table/packet-sets.js';
import { ARP_LAYOUT } from '../packet-table/packet-table.js';
import { takeElements } from '../packet-table/taken-elements.js';
import type { Rebinding } from './rebinding.js';
import { drainStart, fromKernel, isOfTrial, isTagged } from './server-settings.js';

/** Everything in the namespace: virtual servers, the addresses of our device, the sets of our table. */
export async function observeAll(
  handle: KernelHandle,
  remembered: Remembered,
  rebinding: Rebinding,
): Promise<Observation> {
  const dataplane = await observeAddressesAndSets(handle, rebinding);
  const { owned } = dataplane.policy;
  const marks = marksOf([...remembered.values(), ...owned.values()]);
  const found = {
    dataplane,
    activity: new Map<FrontendKey, FrontendActivity>(),
    foreign: [] as VirtualServer[],
  };
  const slice = new TimeSlice(performance);
  for (const part of listedParts(await handle.listVirtualServers())) {
    takeServers(found, part, remembered, marks);
    if (slice.over) await slice.yieldTurn();
  }
  return found;
}

interface Found {
  readonly dataplane: DataplaneState;
  readonly activity: Map<FrontendKey, FrontendActivity>;
  readonly foreign: VirtualServer[];
}

function takeServers(found: Found, part: ListedPart, remembered: Remembered, marks: Marks): void {
  const { dataplane, activity, foreign } = found;
  const { owned } = dataplane.policy;
  const { mayBeBusy } = part;
  const { names, kinds } = part.spelled;
  const settings = part.spelled.settings.map(readSettings);
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    const its = settings[kinds[index] as number] as ReadSettings;
    const front = owned.get(name as FrontendKey)?.frontend ?? listedFrontend(name, its, marks);
    // Nothing that we want can collide with it unnoticed.
    if (front === undefined || its.isOfTrial) continue;
    if (mayBeBusy) noteActivity(activity, front, part.busy(index));
    const server = seenServer(its, front, RealServerList.unread(part.realServers(index)));
    if (its.isTagged || owned.has(front.key) || remembered.has(front.key)) dataplane.putVirtualServer(server);
    else {
      dataplane.foreign.add(front.key);
      foreign.push(server);
    }
  }
}

function noteActivity(
  activity: Found['activity'],
  front: Frontend,
  busy: ReturnType<ListedPart['busy']>,
): void {
  if (busy.length > 0) activity.set(front.key, new Map(busy.map(([{ key }, its]) => [key, its])));
}

/** What the kernel's settings of a virtual server say, read once for all that have them. */
interface ReadSettings {
  readonly settings: VirtualServer['settings'];
  readonly isTagged: boolean;
  readonly isOfTrial: boolean;
}

function readSettings(from: ServiceSettings): ReadSettings {
  const { flags } = from;
  return { settings: fromKernel(from), isTagged: isTagged(flags), isOfTrial: isOfTrial(flags) };
}

/** Undefined for another program's mark: it is not in the ledger, and the virtual server is not tagged. */
function listedFrontend(name: string, { isTagged }: ReadSettings, marks: Marks): Frontend | undefined {
  const [family, digits] = name.split(' ') as [Family, string?];
  if (digits === undefined) return frontendOf(name as FrontendKey);
  const mark = Number(digits);
  return marks.at({ family, mark }) ?? (isTagged ? nameless(family, mark) : undefined);
}

function frontendOf(key: FrontendKey): Frontend {
  const [port, protocol] = key.slice(key.lastIndexOf(':') + 1).split('/') as [string, Protocol];
  return { key, address: addressOf(key), port: Number(port), protocol, mark: 0 };
}

function seenServer(
  { settings, isTagged }: ReadSettings,
  front: Frontend,
  realServers: RealServerList,
): VirtualServer {
  const server = { frontend: front, settings, realServers };
  return isTagged ? server : { ...server, untagged: true };
}

/** What a look at the virtual server of one frontend found. */
export function toLookResult(answer: LookedServer, front: Frontend): LookResult {
  if (answer.kind === 'absent') return { kind: 'absent' };
  if (answer.kind === 'unknown') return { kind: 'unknown', code: errnoName(answer.errno) };
  return new PresentServer(answer.server, front);
}

/** The audit compares thousands that are as they should be: their bytes tell, and no object is made of their servers. */
class PresentServer {
  readonly kind = 'present';
  readonly server: VirtualServer;
  readonly #servers: ListedRealServers;

  constructor(listed: ListedServer, front: Frontend) {
    this.server = seenServer(readSettings(listed), front, RealServerList.unread(listed.realServers));
    this.#servers = listed.realServers;
  }

  get activity(): FrontendActivity {
    const activity = new Map<RealServerKey, Activity>();
    for (const { address, port, weight, active, inactive, upperThreshold } of this.#servers.records()) {
      const since = drainStart(weight, upperThreshold);
      const of = { active, inactive, ...(since !== undefined && { drainingSince: since }) };
      activity.set(realServer(address, port, weight).key, of);
    }
    return activity;
  }
}

/**
 * The same where each guarded VIP of IPv4 has to be in the table for ARP too: one that is missing there is not guarded.
 */
export async function observeWithArpSet(
  handle: KernelHandle,
  rebinding: Rebinding,
): Promise<AddressesAndSets> {
  const seen = await observeAddressesAndSets(handle, rebinding);
  const inArpSet = new Set<string>();
  await eachElements(handle, ARP_LAYOUT, ({ keys }) => {
    for (const address of keys) inArpSet.add(address);
  });
  const guarded = new Set<Address>();
  const slice = new TimeSlice(performance, STEPS_PER_LOOK);
  for (const address of seen.policy.guarded) {
    if (familyOf(address) === 'IPv6' || inArpSet.has(address)) guarded.add(address);
    if (slice.over) await slice.yieldTurn();
  }
  return { bound: seen.bound, policy: { ...seen.policy, guarded } };
}

/**
 * The addresses of our device, our local routes and the sets of our table; all empty where nothing is made yet. Tells
 * `rebinding` in which way they are bound.
 */
export async function observeAddressesAndSets(
  handle: KernelHandle,
  rebinding: Rebinding,
): Promise<DataplaneState> {
  const seen = new DataplaneState();
  const boundOtherwise: Address[] = [];
  await eachText(await handle.spellAddresses(), ({ isRoute, addresses }: SpelledBindings) => {
    for (const address of addresses) seen.bound.add(address);
    if (rebinding.concerns({ isRoute })) boundOtherwise.push(...addresses);
  });
  await eachElements(handle, SET_LAYOUTS, (spelled) => takeElements(seen.policy, spelled));
  rebinding.saw(boundOtherwise, seen.policy.guarded);
  return seen;
}

async function eachElements(
  handle: KernelHandle,
  layouts: Uint8Array,
  take: (spelled: SpelledElements) => void,
): Promise<void> {
  for (let rest = layouts; rest.length > 0; ) {
    const { texts, count } = await handle.spellSets(rest);
    await eachText(texts, take);
    rest = rest.subarray(count * LAYOUT_SIZE);
  }
}

/** What the addon has spelled, text by text. */
async function eachText<Spelled>(texts: string[], take: (spelled: Spelled) => void): Promise<void> {
  const slice = new TimeSlice(performance);
  for (const spelled of decodeTexts<Spelled>(texts)) {
    take(spelled);
    if (slice.over) await slice.yieldTurn();
  }
}

/** The elements of one set that holds few; none where set or table is missing. */
export async function readSet(handle: KernelHandle, index: number): Promise<readonly ElementRecord[]> {
  const answer = await dumpSet(handle, index);
  return answer === undefined ? [] : decodeElements(answer);
}

/** Undefined where set or table is missing. */
async function dumpSet(handle: KernelHandle, index: number): Promise<ArrayBuffer | undefined> {
  try {
    return await handle.dumpSet(index);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === 'ENOENT') return undefined;
    throw error;
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
export async function frontendsOf(keys: Iterable<ServerKey>, ours: Remembered): Promise<Frontend[]> {
  let marks: Marks | undefined;
  const found: Frontend[] = [];
  const slice = new TimeSlice(performance, STEPS_PER_LOOK);
  for (const key of keys) {
    if ('mark' in key) marks ??= marksOf(ours.values());
    const front = knownFrontend(key, ours, marks);
    if (front !== undefined) found.push(front);
    if (slice.over) await slice.yieldTurn();
  }
  return found;
}

function knownFrontend(key: ServerKey, ours: Remembered, marks: Marks | undefined): Frontend | undefined {
  if (!('mark' in key)) return ours.get(frontend(key.address, key.port, key.protocol).key)?.frontend;
  return marks?.at(key) ?? ours.get(nameless(key.family, key.mark).key)?.frontend;
}

function markName(family: Family, mark: number): string {
  return `${family} ${mark}`;
}
