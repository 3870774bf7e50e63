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
} from '../../src/kernel/kernel.js';
import { type Address, familyOf } from '../../src/model/address.js';
import type { Activity, FrontendActivity, LookResult } from '../../src/model/counters.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { type Frontend, type FrontendKey, isInside, isNameless } from '../../src/model/frontend.js';
import {
  type Answered,
  DONE,
  failed,
  type Operation,
  type Outcome,
  type SingleOperation,
  singly,
} from '../../src/model/operation.js';
import type { RealServerKey } from '../../src/model/real-server.js';
import type { ReservedAddress } from '../../src/model/reserved-address.js';
import type { VipBinding } from '../../src/model/vip-binding.js';
import type { VirtualServer } from '../../src/model/virtual-server.js';
import { changeForeign, copyOf, isOfServers, realServerRefusal, withoutLedger } from './fake-servers.js';

/**
 * A kernel in memory that refuses what the real one refuses, with the same errno. One contract suite holds both to
 * the same behaviour (test/contract/). State is folded by the code that also keeps the agent's image of the kernel.
 */
export class FakeKernel implements Kernel {
  /** What is programmed; tests read it, and reach in to play the part of another program. */
  readonly state = new DataplaneState();
  readonly foreign = new Map<FrontendKey, VirtualServer>();
  readonly #tagged = new Set<FrontendKey>();
  readonly schedulers = new Set(['none', 'rr', 'wrr', 'lc', 'wlc', 'sh', 'mh', 'sed', 'nq']);
  /** Every operation that was tried, oldest first. */
  readonly log: SingleOperation[] = [];
  readonly #activity = new Map<FrontendKey, Map<RealServerKey, Activity>>();
  /** The machine's clock, for what the kernel keeps of moments; milliseconds. */
  now: () => number = () => 0;
  readonly #drainingSince = new Map<string, number>();
  #nodeAddresses: readonly Address[] = [];
  #reservedAddresses: readonly ReservedAddress[] = [];
  #hasDevice = false;
  #hasTable = false;
  readonly #changed = new Set<SetUpPart>();
  /** Routes need no device, and stay where it goes. */
  readonly #vipBinding: VipBinding;
  #markKey = NEW_MARK_KEY;
  #listener: (change: KernelChange) => void = () => undefined;

  constructor(vipBinding: VipBinding = 'addresses') {
    this.#vipBinding = vipBinding;
  }

  async prepare(): Promise<Preparation> {
    const made = this.#lacking;
    this.#hasDevice = true;
    this.#hasTable = true;
    this.#changed.clear();
    return { made, done: made.map((part) => `made the ${part}`), warnings: [] };
  }

  async preview(): Promise<readonly string[]> {
    return this.#lacking.map((part) => `make the ${part}`);
  }

  get #lacking(): readonly SetUpPart[] {
    const lost: Record<SetUpPart, boolean> = {
      device: !this.#hasDevice,
      table: !this.#hasTable,
      sysctl: false,
    };
    return SET_UP_PARTS.filter((part) => lost[part] || this.#changed.has(part));
  }

  async markKey(): Promise<string> {
    return this.#markKey;
  }

  async dismantle(): Promise<readonly string[]> {
    this.#markKey = NEW_MARK_KEY;
    this.#hasDevice = false;
    this.#hasTable = false;
    this.state.putAddressesAndSets(new DataplaneState());
    return ['removed the dummy device', 'removed the nftables table'];
  }

  async observe(remembered: Remembered = new Map()): Promise<Observation> {
    const dataplane = new DataplaneState();
    const isKnown = ({ key }: Frontend) => this.state.policy.owned.has(key) || remembered.has(key);
    const foreign: VirtualServer[] = [];
    for (const server of this.#allServers())
      if (isKnown(server.frontend)) dataplane.putVirtualServer(copyOf(server));
      else if (server.untagged === undefined) dataplane.putVirtualServer(withoutLedger(copyOf(server)));
      else {
        dataplane.foreign.add(server.frontend.key);
        foreign.push(server);
      }
    dataplane.putAddressesAndSets(this.state);
    return { dataplane, foreign, activity: this.#activity };
  }

  lookForOtherAddressesAndSets(): Promise<OtherAddressesAndSets> {
    return this.observeAddressesAndSets();
  }

  async observeAddressesAndSets(): Promise<AddressesAndSets> {
    const copy = new DataplaneState();
    copy.putAddressesAndSets(this.state);
    return copy;
  }

  async look(frontends: readonly Frontend[]): Promise<readonly LookResult[]> {
    return frontends.map((front) => {
      const server = this.#serverAt(this.#named(front));
      if (server === undefined) return { kind: 'absent' };
      return {
        kind: 'present',
        server: { ...copyOf(server), frontend: front },
        activity: this.#activityOf(server),
      };
    });
  }

  async lookForChanges(frontends: readonly Frontend[]): Promise<readonly LookResult[]> {
    return this.look(frontends);
  }

  async compareAtOnce(_ours: Remembered, _always: boolean): Promise<Comparison> {
    return { families: [], changed: [], entries: 0, isLast: true };
  }

  async perform(asked: readonly Operation[]): Promise<Answered> {
    const operations = singly(asked);
    const outcomes = operations.map((operation) =>
      this.#perform(
        'frontend' in operation ? { ...operation, frontend: this.#named(operation.frontend) } : operation,
      ),
    );
    return { operations, outcomes };
  }

  async nodeAddresses(): Promise<NodeAddresses> {
    return { own: [...this.#nodeAddresses], reserved: this.#reservedAddresses };
  }

  /** Where processes of the node listen; undefined: nobody can read it. */
  listening: ReadonlySet<FrontendKey> | undefined = new Set();

  listeners(): ReadonlySet<FrontendKey> | undefined {
    return this.listening;
  }

  /** The node gets other addresses. */
  setNodeAddresses(addresses: readonly Address[]): void {
    this.#nodeAddresses = addresses;
    this.#listener({ kind: 'node-addresses' });
  }

  /** The node gets other gateways, resolvers or subnets. */
  setReservedAddresses(addresses: readonly ReservedAddress[]): void {
    this.#reservedAddresses = addresses;
    this.#listener({ kind: 'node-addresses' });
  }

  watch(listener: (change: KernelChange) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#listener = () => undefined;
  }

  /** Another program removes one of our addresses. */
  loseAddress(address: Frontend['address']): void {
    this.state.bound.delete(address);
    this.#listener({ kind: 'address-removed', address });
  }

  /** Another program removes our device. */
  loseDevice(): void {
    this.#hasDevice = false;
    if (this.#vipBinding === 'addresses') this.state.bound.clear();
    this.#listener({ kind: 'device-removed' });
  }

  /** Another program removes our table; nothing tells of it. */
  loseTable(): void {
    this.#hasTable = false;
    this.state.putAddressesAndSets({ bound: new Set(this.state.bound), policy: new DataplaneState().policy });
  }

  /** Another program changes our rules, or a sysctl that we set; nothing tells of it. */
  spoil(part: 'table' | 'sysctl'): void {
    this.#changed.add(part);
  }

  setActivity(frontend: FrontendKey, server: RealServerKey, activity: Activity): void {
    const servers = this.#activity.get(frontend) ?? new Map<RealServerKey, Activity>();
    this.#activity.set(frontend, servers.set(server, activity));
  }

  #perform(operation: SingleOperation): Outcome {
    this.log.push(operation);
    const code = this.#refusal(operation);
    if (code !== undefined) return failed(code);
    if (isOfServers(operation) && this.foreign.has(operation.frontend.key))
      changeForeign(this.foreign, operation);
    else this.state.acknowledge(operation);
    if (operation.kind === 'set-virtual-server') this.#tagged.add(operation.frontend.key);
    if (operation.kind === 'set-real-server')
      this.#drainingSince.set(`${operation.frontend.key} ${operation.server.key}`, this.now());
    return DONE;
  }

  #refusal(operation: SingleOperation): string | undefined {
    switch (operation.kind) {
      case 'add-virtual-server':
        if (this.#holds(operation.frontend)) return 'EEXIST';
        return this.#schedulerRefusal(operation.settings.scheduler);
      case 'set-virtual-server':
        if (this.#serverOf(operation.frontend) === undefined) return 'ESRCH';
        return this.#schedulerRefusal(operation.settings.scheduler);
      case 'delete-virtual-server':
        return this.#serverOf(operation.frontend) === undefined ? 'ESRCH' : undefined;
      case 'add-real-server':
      case 'set-real-server':
      case 'delete-real-server':
        return realServerRefusal(operation.kind, this.#serverOf(operation.frontend), operation.server);
      case 'bind-vip':
        return this.#hasDevice || this.#vipBinding === 'routes' ? undefined : 'ENODEV';
      case 'unbind-vip':
      case 'forget-flows':
      case 'disown-frontend':
      case 'close-frontend':
      case 'release-vip':
      case 'leave-set':
      case 'forbid-source':
        return undefined;
      default:
        return this.#hasTable ? undefined : 'ENOENT';
    }
  }

  #schedulerRefusal(scheduler: string): string | undefined {
    return this.schedulers.has(scheduler) ? undefined : 'ENOENT';
  }

  #allServers(): VirtualServer[] {
    const foreign = [...this.foreign.values()].map((server) => this.#asTagged(server));
    return [...this.state.virtualServers.values(), ...foreign];
  }

  #serverAt({ key }: Frontend): VirtualServer | undefined {
    const foreign = this.foreign.get(key);
    return (
      this.state.virtualServers.get(key) ?? (foreign === undefined ? undefined : this.#asTagged(foreign))
    );
  }

  // What another program made has our tag only once we have written it.
  #asTagged(server: VirtualServer): VirtualServer {
    return this.#tagged.has(server.frontend.key) ? server : { ...server, untagged: true };
  }

  // The kernel knows a view of clients inside by its mark alone.
  #named(front: Frontend): Frontend {
    if (!isNameless(front)) return front;
    const family = familyOf(front.address);
    const isMeant = ({ frontend }: VirtualServer) =>
      frontend.mark === front.mark && familyOf(frontend.address) === family;
    return [...this.state.virtualServers.values()].find(isMeant)?.frontend ?? front;
  }

  // The kernel knows an inside view by its mark alone.
  #serverOf(front: Frontend): VirtualServer | undefined {
    const server = this.#serverAt(this.#named(front));
    return server?.frontend.mark === front.mark ? server : undefined;
  }

  #holds(wanted: Frontend): boolean {
    if (!isInside(wanted)) return this.#serverAt(wanted) !== undefined;
    const family = familyOf(wanted.address);
    return this.#allServers().some(
      ({ frontend: { address, mark } }) => mark === wanted.mark && familyOf(address) === family,
    );
  }

  #activityOf({ frontend: { key }, realServers }: VirtualServer): FrontendActivity {
    const activity = new Map<RealServerKey, Activity>(this.#activity.get(key));
    for (const { key: server, weight } of realServers) {
      const since = weight === 0 ? this.#drainingSince.get(`${key} ${server}`) : undefined;
      if (since !== undefined)
        activity.set(server, { ...(activity.get(server) ?? IDLE), drainingSince: since });
    }
    return activity;
  }
}

// Tests want the same marks each time.
const NEW_MARK_KEY = '0123456789abcdef0123456789abcdef';

const SET_UP_PARTS: readonly SetUpPart[] = ['device', 'table', 'sysctl'];

const IDLE: Activity = { active: 0, inactive: 0 };
