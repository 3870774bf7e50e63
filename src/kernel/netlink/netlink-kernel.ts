import { constants } from 'node:os';
import type { LookResult } from '../../model/counters.js';
import type { Frontend, FrontendKey } from '../../model/frontend.js';
import { type Answered, isPolicyKind, kindOf, type Operation } from '../../model/operation.js';
import type {
  AddressesAndSets,
  Comparison,
  Kernel,
  KernelChange,
  NodeAddresses,
  Observation,
  OtherAddressesAndSets,
  Preparation,
  Remembered,
  SetUpPart,
} from '../kernel.js';
import type { Addon, Answers, KernelHandle } from '../native/addon.js';
import { decodeAddresses, decodeChanges, decodeDigests, serverKeysOf } from '../native/answer-decoder.js';
import { lookedServers } from '../native/listed-servers.js';
import { NetlinkError, unusable } from '../native/netlink-error.js';
import { encodeKeys, RecordSpace } from '../native/operation-encoder.js';
import { sendTransaction } from '../nf-tables/transaction.js';
import { readListeners } from '../node/listeners.js';
import { nodeAddressesOf } from '../node/node-addresses.js';
import { NODE_PLACES, type NodePlaces } from '../node/node-files.js';
import { setSysctls } from '../node/sysctls.js';
import { deleteArpTable } from '../packet-table/arp-table.js';
import type { StandingRules } from '../packet-table/layout-set.js';
import type { PacketRulesSettings } from '../packet-table/packet-rules-settings.js';
import { DELETE_TABLE, HANDLE_SETS, TABLE } from '../packet-table/packet-table.js';
import { PacketTableWriter } from '../packet-table/packet-table-writer.js';
import {
  frontendsOf,
  observeAddressesAndSets,
  observeAll,
  observeWithArpSet,
  toLookResult,
} from './netlink-observation.js';
import { AnswerList, type Job, jobsOf, type RecordSettings, serverKey } from './netlink-operations.js';
import { Rebinding } from './rebinding.js';

/**
 * The dummy device that carries the VIPs, unless they are routes; the name is kube-proxy's, so that a node can change
 * over in place.
 */
export const DEVICE = 'kube-ipvs0';

const LOOKS_PER_JOB = 256;

/** Virtual and real servers; three milliseconds, in which the handle's thread does nothing else. */
const ENTRIES_PER_WALK = 4_096;

/** Where notifications tell of addresses that go, so many looks for changes go without reading all of them. */
const LOOKS_PER_ADDRESS_DUMP = 10;

/** Sets what is set on the node beside this kernel, where it is otherwise; what had to be set. */
type NodeSetter = (handle: KernelHandle) => Promise<Pick<Preparation, 'done'>>;

/** The generation of nftables, and the addresses of our device as the addon says them. */
interface AddressesAndGeneration {
  readonly generation: number;
  readonly addresses: Buffer;
}

/** A job that the handle's thread has, or will have. */
interface HandedOver {
  readonly job: Job;
  readonly answers: Promise<Answers>;
}

/** The network namespace that this process runs in, over netlink. */
export class NetlinkKernel implements Kernel {
  readonly #handle: KernelHandle;
  readonly #table: PacketTableWriter;
  readonly #rebinding: Rebinding;
  readonly #places: NodePlaces;
  readonly #space = new RecordSpace();
  /** What the kernel said to `lookForChanges` last, digested. */
  readonly #seen = new Map<FrontendKey, number>();
  /** What was there when addresses and sets were observed for the last time. */
  #seenAddressesAndSets: AddressesAndGeneration | undefined;
  #looksSinceAddressDump = 0;
  /** Whether addresses or sets were written since they were last begun to be looked at. */
  #isOvertaken = true;
  #isWatching = false;
  #setUpNode: NodeSetter = async () => ({ done: [] });

  constructor(addon: Addon, rules: PacketRulesSettings, places: NodePlaces = NODE_PLACES) {
    this.#places = places;
    this.#handle = new addon.KernelHandle({ device: DEVICE, table: TABLE, sets: HANDLE_SETS });
    this.#table = new PacketTableWriter(this.#handle, rules);
    this.#rebinding = new Rebinding(this.#handle, this.#table.vipBinding);
  }

  /** Other rules from the next `prepare` on; whether they are others. */
  setRules(rules: PacketRulesSettings): boolean {
    return this.#table.setRules(rules);
  }

  /** What the rules in the kernel were made from; undefined where there are none. */
  standingRules(): Promise<StandingRules | undefined> {
    return this.#table.standing();
  }

  /**
   * Every later `prepare` sets the rest of the node too, so that the audit finds sysctls and time-outs that others
   * changed. What cannot be set is reported at the start only.
   */
  keepNode(setUpNode: NodeSetter): void {
    this.#setUpNode = setUpNode;
  }

  async prepare(): Promise<Preparation> {
    const done: string[] = [];
    const made: SetUpPart[] = [];
    this.#isOvertaken = true;
    await this.#requireIpvs();
    if ((await this.#handle.ensureDevice()).created) {
      made.push('device');
      done.push(`made the dummy device ${DEVICE}`);
    }
    if (!(await this.#table.isWritten())) {
      // The rules suit VIPs that are bound as is wanted, and do no harm while they are bound in the other way too.
      await this.observeAddressesAndSets();
      await this.#rebinding.bindAll();
      await this.#table.write();
      made.push('table');
      done.push(`wrote the rules of table inet ${TABLE}`);
    }
    const rebound = await this.#rebinding.finishSome();
    const { size } = this.#rebinding;
    if (rebound > 0) done.push(`bound ${rebound} VIPs as ${this.#table.vipBinding}, ${size} more to come`);
    const { written, warnings } = setSysctls(`${this.#places.proc}/sys`);
    const set = [
      ...written.map((assignment) => `set ${assignment}`),
      ...(await this.#setUpNode(this.#handle)).done,
    ];
    return {
      made: [...made, ...set.map(() => 'sysctl' as const)],
      done: [...done, ...set],
      warnings: [...this.#table.lacking(), ...warnings],
    };
  }

  async preview(): Promise<readonly string[]> {
    await this.#requireIpvs();
    const missing: string[] = [];
    if ((await this.#handle.deviceIndex()) === 0) missing.push(`make the dummy device ${DEVICE}`);
    if (!(await this.#table.isWritten())) missing.push(`write the rules of table inet ${TABLE}`);
    await this.observeAddressesAndSets();
    if (this.#rebinding.size > 0)
      missing.push(`bind ${this.#rebinding.size} VIPs as ${this.#table.vipBinding}, by and by`);
    return missing;
  }

  markKey(): Promise<string> {
    return this.#table.markKey();
  }

  async dismantle(): Promise<readonly string[]> {
    const done: string[] = [];
    const { bound } = await observeAddressesAndSets(this.#handle, this.#rebinding);
    if (bound.size === 0 && (await this.#handle.deviceIndex()) !== 0) {
      await this.#handle.deleteDevice();
      done.push(`removed the dummy device ${DEVICE}`);
    }
    await sendTransaction(this.#handle, deleteArpTable(TABLE));
    const refusal = await sendTransaction(this.#handle, DELETE_TABLE);
    if (refusal === undefined) done.push(`removed the table inet ${TABLE}`);
    return done;
  }

  async observe(remembered: Remembered = new Map()): Promise<Observation> {
    await this.#requireIpvs();
    return observeAll(this.#handle, remembered, this.#rebinding);
  }

  observeAddressesAndSets(): Promise<AddressesAndSets> {
    const observe = this.#table.hasArpTable ? observeWithArpSet : observeAddressesAndSets;
    return observe(this.#handle, this.#rebinding);
  }

  async lookForOtherAddressesAndSets(): Promise<OtherAddressesAndSets> {
    this.#isOvertaken = false;
    const seen = await this.#addressesAndGeneration();
    const { generation, addresses } = this.#seenAddressesAndSets ?? {};
    if (seen.generation === generation && addresses?.equals(seen.addresses)) return undefined;
    const found = await this.observeAddressesAndSets();
    if (this.#isOvertaken) {
      // Who is asked again finds them again.
      this.#rebinding.saw([], new Set());
      return 'overtaken';
    }
    this.#seenAddressesAndSets = seen;
    return found;
  }

  // Before what it is of is read: what changes meanwhile is another the next time.
  async #addressesAndGeneration(): Promise<AddressesAndGeneration> {
    const generation = await this.#handle.nftGeneration();
    const known = this.#seenAddressesAndSets?.addresses;
    if (known !== undefined && this.#isWatching && ++this.#looksSinceAddressDump < LOOKS_PER_ADDRESS_DUMP)
      return { generation, addresses: known };
    this.#looksSinceAddressDump = 0;
    return { generation, addresses: Buffer.from(await this.#handle.dumpAddresses()) };
  }

  async look(frontends: readonly Frontend[]): Promise<readonly LookResult[]> {
    const results: LookResult[] = [];
    for (const { asked, buffer, count } of keyBatches(frontends)) {
      const answers = lookedServers(await this.#handle.lookVirtualServers(buffer, count));
      asked.forEach((frontend, index) => {
        const found = answers[index];
        results.push(found === undefined ? NOT_ANSWERED : toLookResult(found, frontend));
      });
    }
    return results;
  }

  async lookForChanges(frontends: readonly Frontend[]): Promise<readonly (LookResult | undefined)[]> {
    const changed = await this.#changed(frontends);
    const results = await this.look(changed);
    const found = new Map(changed.map(({ key }, index) => [key, results[index] ?? NOT_ANSWERED]));
    for (const [key, { kind }] of found) if (kind === 'unknown') this.#seen.delete(key);
    return frontends.map(({ key }) => found.get(key));
  }

  async #changed(frontends: readonly Frontend[]): Promise<Frontend[]> {
    const changed: Frontend[] = [];
    for (const { asked, buffer, count } of keyBatches(frontends)) {
      const digests = decodeDigests(await this.#handle.digestVirtualServers(buffer, count));
      asked.forEach((frontend, index) => {
        const digest = digests[index];
        if (digest !== undefined && this.#seen.get(frontend.key) === digest) return;
        changed.push(frontend);
        if (digest !== undefined) this.#seen.set(frontend.key, digest);
      });
    }
    return changed;
  }

  async compareAtOnce(ours: Remembered, always: boolean): Promise<Comparison> {
    try {
      const { keys, entries, isLast } = await this.#handle.walkVirtualServers(always, ENTRIES_PER_WALK);
      return { families: ['IPv4'], changed: await frontendsOf(serverKeysOf(keys), ours), entries, isLast };
    } catch (error) {
      if (error instanceof NetlinkError && error.errno === -constants.errno.EOPNOTSUPP) return NOT_AT_ONCE;
      throw error;
    }
  }

  // What is written to is looked at in full the next time, so that a change back is noticed too.
  #unsee(operations: readonly Operation[]): void {
    this.#isOvertaken ||= operations.some(
      (operation) => isBinding(operation) || isPolicyKind(kindOf(operation)),
    );
    // On a new node nothing has been looked at for changes yet.
    if (this.#seen.size === 0 && this.#seenAddressesAndSets === undefined) return;
    for (const operation of operations)
      if ('frontend' in operation) this.#seen.delete(operation.frontend.key);
      else if (isBinding(operation)) this.#seenAddressesAndSets = undefined;
  }

  // Or it would be bound again, in the way that is wanted.
  #forgetUnbound(operations: readonly Operation[]): void {
    if (this.#rebinding.size === 0) return;
    for (const operation of operations)
      if (operation.kind === 'unbind-vip') this.#rebinding.unbound(operation.address);
  }

  // The handle's thread always has the next job waiting while this one encodes another and reads the answers of the one
  // before.
  async perform(operations: readonly Operation[]): Promise<Answered> {
    const answered = new AnswerList();
    this.#unsee(operations);
    this.#forgetUnbound(operations);
    let latest: HandedOver | undefined;
    try {
      for (const job of jobsOf(operations, this.#recordSettings, this.#space)) {
        const before = latest;
        latest = { job, answers: this.#handle.apply(job.buffer, job.count) };
        if (before !== undefined) answered.add(before.job, await before.answers);
      }
      if (latest !== undefined) answered.add(latest.job, await latest.answers);
      return answered;
    } finally {
      // Where an earlier one failed: nothing may be under way any more.
      await latest?.answers.catch(() => undefined);
    }
  }

  get #recordSettings(): RecordSettings {
    return { hasArpTable: this.#table.hasArpTable, vipBinding: this.#table.vipBinding };
  }

  async nodeAddresses(): Promise<NodeAddresses> {
    return nodeAddressesOf(decodeAddresses(await this.#handle.dumpNodeAddresses()));
  }

  listeners(): ReadonlySet<FrontendKey> | undefined {
    return readListeners(`${this.#places.proc}/net`);
  }

  // What is removed of the other way is done by our own change from one to the other, or does not unbind a VIP.
  watch(listener: (change: KernelChange) => void): void {
    this.#isWatching = true;
    const isByRoutes = this.#table.vipBinding === 'routes';
    this.#handle.watch((changes) => {
      for (const change of decodeChanges(changes))
        if (change.kind !== 'address-removed') listener(change);
        else if (change.isRoute === isByRoutes) listener({ kind: change.kind, address: change.address });
    });
  }

  async close(): Promise<void> {
    this.#handle.close();
  }

  async #requireIpvs(): Promise<void> {
    try {
      await this.#handle.ipvsInfo();
    } catch (error) {
      throw unusable(error);
    }
  }
}

function* keyBatches(frontends: readonly Frontend[]) {
  for (let start = 0; start < frontends.length; start += LOOKS_PER_JOB) {
    const asked = frontends.slice(start, start + LOOKS_PER_JOB);
    yield { asked, ...encodeKeys(asked.map(serverKey)) };
  }
}

function isBinding({ kind }: Operation): boolean {
  return kind === 'bind-vip' || kind === 'unbind-vip';
}

const NOT_AT_ONCE: Comparison = { families: [], changed: [], entries: 0, isLast: true };

const NOT_ANSWERED: LookResult = { kind: 'unknown', code: 'ENOBUFS' };
