import type { Address, Family } from '../model/address.js';
import type { DataplaneActivity, LookResult } from '../model/counters.js';
import type { Dataplane } from '../model/dataplane.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { Answered, Operation } from '../model/operation.js';
import type { ReservedAddress } from '../model/reserved-address.js';
import type { VirtualServer } from '../model/virtual-server.js';

/**
 * The port to one network namespace of a kernel: the netlink kernel, and for tests a fake one and one that fails.
 *
 * Contract, held by one test suite on all of them:
 * - calls are made one at a time; a second call before the first has answered is a mistake of the caller. Only
 *   `perform` may be called again meanwhile: what was asked for first is then tried first;
 * - `perform` tries every operation, in order, whatever became of those before it;
 * - writing what is already so (own, guard, open, bind, allow …) and removing what is absent from a set or from the
 *   dummy device is done, not failed; virtual and real servers are strict: EEXIST, ESRCH, ENOENT as the kernel says.
 */
export interface Kernel {
  /**
   * Makes device, table and sysctls ready; changes nothing that is so already. Rejects with KernelUnusable where this
   * kernel cannot do the work at all. Cheap where nothing is to be done, so that it also serves to put right what
   * others changed: the elements of the sets are not its business.
   */
  prepare(): Promise<Preparation>;
  /** What `prepare` would do now, one sentence each; changes nothing. */
  preview(): Promise<readonly string[]>;
  /**
   * The key from which firewall marks follow: 32 hexadecimal digits that only this node has, kept as long as the
   * ledger. Where there is none yet, a new one, which `prepare` keeps.
   */
  markKey(): Promise<string>;
  /** Removes table and device where nothing of others hangs on them; what was removed, one sentence each. */
  dismantle(): Promise<readonly string[]>;
  /**
   * One full look. A virtual server is ours if the ledger has it, if it carries our tag, or if it is `remembered`:
   * others may remove the ledger, and a tag goes when somebody edits the virtual server. Rejects where a part could not
   * be read completely, since absent and unknown are two answers.
   */
  observe(remembered?: Remembered): Promise<Observation>;
  /** A look at everything but the virtual servers: addresses of the dummy device and the sets of our table. */
  observeAddressesAndSets(): Promise<AddressesAndSets>;
  /**
   * The same for whoever asks again and again: undefined may be said where the kernel says what it said the last time
   * it was asked this way, and nothing was written since; `overtaken` where some of it was written while it was read.
   */
  lookForOtherAddressesAndSets(): Promise<OtherAddressesAndSets>;
  /** A look at single virtual servers, in the order asked. */
  look(frontends: readonly Frontend[]): Promise<readonly LookResult[]>;
  /**
   * The same for whoever asks again and again: undefined may be said of a frontend of which the kernel says what it
   * said the last time it was asked this way, if nothing was written to it since.
   */
  lookForChanges(frontends: readonly Frontend[]): Promise<readonly (LookResult | undefined)[]>;
  /**
   * Of families whose virtual servers the kernel tells cheaply all at once: those of `ours` of which it says something
   * else than the last time, nothing any more, or that were written to since. In parts of some milliseconds, since nothing
   * can be written meanwhile: whoever asks again gets the next one, until the last. Unless `always`, that is asked only
   * where there are fewer than before.
   */
  compareAtOnce(ours: Remembered, always: boolean): Promise<Comparison>;
  /**
   * All of them, in order; what adds servers together and was not done for all of them is answered with an operation for
   * each server.
   */
  perform(operations: readonly Operation[]): Promise<Answered>;
  nodeAddresses(): Promise<NodeAddresses>;
  /**
   * The addresses and ports of TCP and UDP on which processes of the node listen, as frontends. Listeners on all
   * addresses are left out. Undefined: that could not be read.
   */
  listeners(): ReadonlySet<FrontendKey> | undefined;
  /** Reports changes that others make to our device, and changes of the node's own addresses, as they happen. */
  watch(listener: (change: KernelChange) => void): void;
  close(): Promise<void>;
}

/** Addresses of the node that no Service may take away from it. */
export interface NodeAddresses {
  /**
   * Its own, on interfaces that are up: no loopback, no IPv6 link-local, none of our dummy device. In the order of the
   * interfaces.
   */
  readonly own: readonly Address[];
  /** Others that it needs as they are: default gateways, resolvers, the ends of its subnets. */
  readonly reserved: readonly ReservedAddress[];
}

/** What `prepare` makes, besides modules. */
export type SetUpPart = 'device' | 'table' | 'sysctl';

export interface Preparation {
  /** What had to be made; once for each thing. Absent where nothing is said of it. */
  readonly made?: readonly SetUpPart[];
  /** One sentence each: what was set up, for the log. */
  readonly done: readonly string[];
  /** What is not as it should be, though the work can go on. */
  readonly warnings: readonly string[];
}

/** Virtual servers that are ours whatever the kernel says of them, by their frontends. */
export type Remembered = ReadonlyMap<FrontendKey, { readonly frontend: Frontend }>;

export interface Observation {
  readonly dataplane: DataplaneState;
  readonly activity: DataplaneActivity;
  /** Virtual servers of other programs, for display only. */
  readonly foreign: readonly VirtualServer[];
}

/** The addresses of the dummy device, and what the sets of our table hold. */
export type AddressesAndSets = Pick<Dataplane, 'bound' | 'policy'>;

/** See Kernel.lookForOtherAddressesAndSets(). */
export type OtherAddressesAndSets = AddressesAndSets | 'overtaken' | undefined;

export interface Comparison {
  /** The families that were compared; others are looked at one by one. */
  readonly families: readonly Family[];
  readonly changed: readonly Frontend[];
  /** Virtual and real servers that were compared, of other programs too. */
  readonly entries: number;
  readonly isLast: boolean;
}

export type KernelChange =
  | { readonly kind: 'address-removed'; readonly address: Address }
  | { readonly kind: 'device-removed' }
  /** Notifications were lost: only a full look tells what happened. */
  | { readonly kind: 'overrun' }
  /** The node's own addresses may be others now: ask for them. */
  | { readonly kind: 'node-addresses' };

/** This kernel, or the rights we have on it, cannot carry the data plane. */
export class KernelUnusable extends Error {
  override readonly name = 'KernelUnusable';
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}
