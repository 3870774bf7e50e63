import type { Address } from '../model/address.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { Operation } from '../model/operation.js';
import { failed, type Outcome } from '../model/outcome.js';
import { ARP_SET, deleteArpTable } from './arp-table.js';
import { areEqualBytes, EQUAL_BYTES_SET } from './equal-bytes.js';
import {
  type Kernel,
  type KernelChange,
  KernelUnusable,
  type Observation,
  type Preparation,
  type SetUpPart,
  type Sight,
  type Surroundings,
} from './kernel.js';
import { lesserRules } from './lesser-rules.js';
import type { Addon, KernelHandle } from './native/addon.js';
import { decodeChanges, decodeLookAnswers } from './native/answer-decoder.js';
import {
  type EncodedOperations,
  encodeKeys,
  encodeOperations,
  RecordSpace,
} from './native/operation-encoder.js';
import type { KernelOperation } from './native/records.js';
import { observeAll, observeSurroundings, readSet, toSight } from './netlink-observation.js';
import { addRecords, outcomeOf, serverKey } from './netlink-operations.js';
import { readNodeAddresses } from './node-addresses.js';
import { type PacketRulesSettings, shieldsArp } from './packet-rules-settings.js';
import { arpElementOf, PACKET_SETS, setName } from './packet-sets.js';
import { DELETE_TABLE, LAYOUT_SET, layoutDigest, TABLE, tableTransaction } from './packet-table.js';
import { layoutOf, sealOf, sealTransaction } from './rules-seal.js';
import { setSysctls } from './sysctls.js';
import { unusable } from './unusable.js';

/** The dummy device that carries the VIPs; the name is kube-proxy's, so that a node can change over in place. */
export const DEVICE = 'kube-ipvs0';

/**
 * Operations in one job of the worker thread: handing a job over costs some system calls, and each job of elements is one
 * nftables transaction. While one is performed the next is encoded, so that they should not be few either.
 */
const OPERATIONS_PER_JOB = 2048;

const LOOKS_PER_JOB = 256;

/** The network namespace that this process runs in, over netlink. */
export class NetlinkKernel implements Kernel {
  readonly #handle: KernelHandle;
  #wished: PacketRulesSettings;
  /** One for the job that is encoded, one for the job that is performed meanwhile. */
  readonly #spaces = [new RecordSpace(), new RecordSpace()] as const;
  /** As this kernel can have them. */
  #rules: PacketRulesSettings;

  constructor(addon: Addon, rules: PacketRulesSettings) {
    const sets = [...PACKET_SETS.map(setName), LAYOUT_SET, `arp:${ARP_SET}`, EQUAL_BYTES_SET];
    this.#handle = new addon.KernelHandle({ device: DEVICE, table: TABLE, sets });
    this.#wished = rules;
    this.#rules = rules;
  }

  /** Other rules from the next `prepare` on; whether they are others. */
  setRules(rules: PacketRulesSettings): boolean {
    if (layoutDigest(rules) === layoutDigest(this.#wished)) return false;
    this.#wished = rules;
    this.#rules = rules;
    return true;
  }

  async prepare(): Promise<Preparation> {
    const done: string[] = [];
    const made: SetUpPart[] = [];
    this.#requireIpvs();
    if (this.#handle.ensureDevice().created) {
      made.push('device');
      done.push(`made the dummy device ${DEVICE}`);
    }
    if (!(await this.#hasTable())) {
      await this.#writeTable();
      made.push('table');
      done.push(`wrote the rules of table inet ${TABLE}`);
    }
    const { written, warnings } = await setSysctls();
    return {
      made: [...made, ...written.map(() => 'sysctl' as const)],
      done: [...done, ...written.map((assignment) => `set ${assignment}`)],
      warnings: [...this.#lacking(), ...warnings],
    };
  }

  async preview(): Promise<readonly string[]> {
    this.#requireIpvs();
    const missing: string[] = [];
    if (this.#handle.deviceIndex() === 0) missing.push(`make the dummy device ${DEVICE}`);
    if (!(await this.#hasTable())) missing.push(`write the rules of table inet ${TABLE}`);
    return missing;
  }

  async dismantle(): Promise<readonly string[]> {
    const done: string[] = [];
    const { bound } = await observeSurroundings(this.#handle);
    if (this.#handle.deviceIndex() !== 0 && bound.size === 0) {
      this.#handle.deleteDevice();
      done.push(`removed the dummy device ${DEVICE}`);
    }
    await this.#handle.runNft(deleteArpTable(TABLE));
    const { ok } = await this.#handle.runNft(DELETE_TABLE);
    if (ok) done.push(`removed the table inet ${TABLE}`);
    return done;
  }

  async observe(remembered: (key: FrontendKey) => boolean = () => false): Promise<Observation> {
    this.#requireIpvs();
    return observeAll(this.#handle, remembered);
  }

  observeSurroundings(): Promise<Surroundings> {
    return observeSurroundings(this.#handle);
  }

  async look(frontends: readonly Frontend[]): Promise<readonly Sight[]> {
    const sights: Sight[] = [];
    for (let start = 0; start < frontends.length; start += LOOKS_PER_JOB) {
      const asked = frontends.slice(start, start + LOOKS_PER_JOB);
      const { buffer, count } = encodeKeys(asked.map(serverKey));
      const answers = decodeLookAnswers(await this.#handle.lookVirtualServers(buffer, count));
      asked.forEach((frontend, index) => {
        const answer = answers[index];
        sights.push(answer === undefined ? NOT_ANSWERED : toSight(answer, frontend));
      });
    }
    return sights;
  }

  // While the worker thread performs one job, this thread encodes the next and reads the answers of the one before.
  async perform(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    let before: Job | undefined;
    let answers: Promise<Int32Array> | undefined;
    for (const job of jobsOf(operations, shieldsArp(this.#rules), this.#spaces)) {
      const answered = await answers;
      answers = this.#handle.apply(job.buffer, job.count);
      if (before !== undefined && answered !== undefined) addOutcomes(before, answered, outcomes);
      before = job;
    }
    if (before !== undefined && answers !== undefined) addOutcomes(before, await answers, outcomes);
    return outcomes;
  }

  nodeAddresses(): readonly Address[] {
    return readNodeAddresses();
  }

  watch(listener: (change: KernelChange) => void): void {
    this.#handle.watch((changes) => {
      for (const change of decodeChanges(changes)) listener(change);
    });
  }

  async close(): Promise<void> {
    this.#handle.close();
  }

  #requireIpvs(): void {
    try {
      this.#handle.ipvsInfo();
    } catch (error) {
      throw unusable(error);
    }
  }

  async #hasTable(): Promise<boolean> {
    const { digest, seal } = layoutOf(await readSet(this.#handle, PACKET_SETS.length));
    if (digest === undefined) return false;
    if (!areEqualBytes(await readSet(this.#handle, EQUAL_BYTES_INDEX))) return false;
    const found = lesserRules(this.#wished).find((rules) => digest === layoutDigest(rules));
    if (found === undefined || seal !== (await this.#readSeal())) return false;
    this.#rules = found;
    return true;
  }

  #lacking(): readonly string[] {
    return [
      ...(this.#rules.withoutRanges === true ? [NO_RANGES] : []),
      ...(this.#rules.withoutArp === true ? [NO_ARP] : []),
    ];
  }

  async #readSeal(): Promise<string> {
    return sealOf(await this.#handle.dumpWording(TABLE));
  }

  async #writeTable(): Promise<void> {
    // What strict ARP left where it is not wanted any more; mostly there is none to delete.
    if (this.#wished.strictArp !== true) await this.#handle.runNft(deleteArpTable(TABLE));
    const rules = await this.#writeRules();
    this.#rules = rules;
    if (shieldsArp(rules)) await this.#shieldGuarded();
    // Killed in between, the next start finds no seal and writes the rules again.
    await this.#handle.runNft(sealTransaction(await this.#readSeal()));
  }

  async #writeRules(): Promise<PacketRulesSettings> {
    let refusal: string | undefined;
    for (const rules of lesserRules(this.#wished)) {
      const { ok, error } = await this.#handle.runNft(tableTransaction(rules));
      if (ok) return rules;
      refusal ??= error.trim();
    }
    throw new KernelUnusable(
      `nftables refused our table: ${refusal}`,
      'The kernel needs nf_tables with the inet family, nft_ct, nft_masq, nft_nat and nft_reject_inet (Linux 5.10 or later).',
    );
  }

  // VIPs that were guarded before ARP was to be strict.
  async #shieldGuarded(): Promise<void> {
    const guarded = await readSet(this.#handle, GUARDED_4);
    for (let start = 0; start < guarded.length; start += OPERATIONS_PER_JOB) {
      const part = guarded.slice(start, start + OPERATIONS_PER_JOB);
      const records = part.map(({ element }) => ({ kind: 'add-element', set: ARP_INDEX, element }) as const);
      const { buffer, count } = encodeOperations(records);
      await this.#handle.apply(buffer, count);
    }
  }
}

const NO_ARP =
  'this kernel has no nftables for ARP (CONFIG_NF_TABLES_ARP), so strictARP has no effect: the node answers ARP requests ' +
  'for VIPs on every interface. Set net.ipv4.conf.all.arp_ignore=1 instead.';

/** After the sets of the table and the layout. */
const ARP_INDEX = PACKET_SETS.length + 1;

const EQUAL_BYTES_INDEX = PACKET_SETS.length + 2;

const GUARDED_4 = PACKET_SETS.findIndex(({ purpose, family }) => purpose === 'guarded' && family === 'IPv4');

/** Goes before the operation's own records, and in the same transaction. */
function shieldRecord(operation: Operation): KernelOperation | undefined {
  if (operation.kind !== 'guard-vip' && operation.kind !== 'release-vip') return undefined;
  const element = arpElementOf(operation);
  if (element === undefined) return undefined;
  const kind = operation.kind === 'guard-vip' ? 'add-element' : 'delete-element';
  return { kind, set: ARP_INDEX, element };
}

const NO_RANGES =
  'this kernel cannot look up address ranges in nftables sets, so load balancer addresses of Services with ' +
  'loadBalancerSourceRanges let nobody in';

/** Operations with the records that carry them. */
interface Job extends EncodedOperations {
  readonly operations: readonly Operation[];
  /** For each operation its last record, whose answer is the operation's; none for one that is not sent. */
  readonly last: readonly (number | undefined)[];
}

function* jobsOf(
  operations: readonly Operation[],
  strictArp: boolean,
  [one, other]: readonly [RecordSpace, RecordSpace],
): Generator<Job> {
  let [next, before] = [one, other];
  for (let start = 0; start < operations.length; start += OPERATIONS_PER_JOB) {
    yield jobOf(operations.slice(start, start + OPERATIONS_PER_JOB), strictArp, next);
    [next, before] = [before, next];
  }
}

function jobOf(operations: readonly Operation[], strictArp: boolean, space: RecordSpace): Job {
  const records: KernelOperation[] = [];
  const last: (number | undefined)[] = [];
  for (const operation of operations) {
    const before = records.length;
    const shield = strictArp ? shieldRecord(operation) : undefined;
    if (shield !== undefined) records.push(shield);
    addRecords(operation, records);
    last.push(records.length === before ? undefined : records.length - 1);
  }
  return { operations, last, ...encodeOperations(records, space) };
}

function addOutcomes({ operations, last }: Job, answers: Int32Array, outcomes: Outcome[]): void {
  operations.forEach((operation, index) => {
    const record = last[index];
    outcomes.push(
      record === undefined ? MIXED_FAMILIES : outcomeOf(operation, answers[record] ?? -NO_ANSWER),
    );
  });
}

const NOT_ANSWERED: Sight = { kind: 'unknown', code: 'ENOBUFS' };

/** ENOBUFS: no answer is an answer that was lost. */
const NO_ANSWER = 105;

const MIXED_FAMILIES = failed('EINVAL', 'the server is of another family than the VIP');
