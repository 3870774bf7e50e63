import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainLoadFailure } from './load-failure.js';
import { NetlinkError } from './netlink-error.js';
import { ABI } from './records.js';

/**
 * The C++ addon. A handle has a thread of its own, which performs its calls one after another in their order; a promise
 * is settled when its call has been performed. A call that fails as a whole rejects with a NetlinkError; one after
 * close() throws an Error with code ERR_HANDLE_CLOSED, one with wrong arguments a TypeError.
 *
 * Its sockets belong to the network namespace of the process, or to the one named in the options, and open on first
 * use: IPVS may be loaded, unloaded and loaded again while a handle lives.
 */
export interface Addon {
  readonly abi: number;
  /** The version of the library that the addon has found, `3.7.0`. */
  readonly libnl: string;
  readonly KernelHandle: new (options: KernelHandleOptions) => KernelHandle;
  setErrorClass(errorClass: new (errno: number, syscall: string, extAck: string) => Error): void;
}

export interface KernelHandleOptions {
  /** Name of the dummy device, at most 15 bytes (IFNAMSIZ). */
  readonly device: string;
  /** Name of our nftables table, of family inet. */
  readonly table: string;
  /**
   * Names of its sets; operations and dumpSet() say an index into this list. `arp:vips` is the set `vips` of the table
   * of the same name in the family arp.
   */
  readonly sets: readonly string[];
  /** Path of another network namespace to work in, such as /run/netns/node-1. */
  readonly networkNamespace?: string;
}

export interface WalkedPart {
  /** Read with serverKeysOf(). */
  readonly keys: ArrayBuffer;
  /** Over so many virtual and real servers it went. */
  readonly entries: number;
  readonly isLast: boolean;
}

export interface KernelHandle {
  /**
   * Performs operation records (encodeOperations()) in order; the buffer is copied at once. One code for each: 0, or
   * −errno:
   * - IPVS (net/netfilter/ipvs/ip_vs_ctl.c): EEXIST; ESRCH no such virtual server; ENOENT no such real server, or unknown
   *   scheduler; EINVAL, ERANGE bad values; EPERM; EPROTONOSUPPORT this kernel has no IPVS.
   * - addresses (net/ipv4/devinet.c, net/ipv6/addrconf.c): EEXIST; EADDRNOTAVAIL not bound; ENODEV no device.
   * - elements (net/netfilter/nf_tables_api.c): EEXIST; ENOENT no such element, set or table. A bad element does not
   *   hold up the others; ECANCELED: not done, because somebody else kept changing the set.
   * - flows: 0 also where nothing matched.
   * EINVAL is a record that makes no sense, and was not sent. ENOBUFS is no answer: done or not, look again.
   */
  apply(buffer: Uint8Array, count: number): Promise<Answers>;

  ipvsInfo(): Promise<IpvsInfo>;
  ipvsTimeouts(): Promise<IpvsTimeouts>;
  /** 0 leaves a value as it is. */
  setIpvsTimeouts(timeouts: IpvsTimeouts): Promise<void>;

  /**
   * Every virtual server; read with decodeVirtualServers(). The kernel continues this dump by position, without
   * noticing changes: an entry may be missing or come twice where somebody adds or deletes meanwhile.
   */
  dumpVirtualServers(): Promise<ArrayBuffer>;
  /** Every virtual server with its real servers; read with listedParts(). EAGAIN: they change too fast to be listed. */
  listVirtualServers(): Promise<VirtualServerListing>;
  /** Some virtual servers with their real servers: takes encodeKeys(), answers for decodeLookAnswers(). */
  lookVirtualServers(keys: Uint8Array, count: number): Promise<ArrayBuffer>;
  /** The same in short, for whoever only asks whether something is another: answers for decodeDigests(). */
  digestVirtualServers(keys: Uint8Array, count: number): Promise<ArrayBuffer>;

  /**
   * The virtual servers of IPv4 that are other, new or gone since the last walk of this handle, or were written or dumped
   * through it since. It walks over so many virtual and real servers; the next call goes on there, until the last part.
   * Unless one is under way or `always`, it walks only where the kernel has fewer than it had. Costs a tenth of digests.
   * EOPNOTSUPP: this kernel does not list them so.
   */
  walkVirtualServers(always: boolean, entries: number): Promise<WalkedPart>;

  /**
   * Tracked flows of all families that somebody balances and that have all bits of `status` (FLOW_STATUS), `most` of
   * them at most; read with decodeFlows(). It costs about a microsecond for each flow that is tracked on the node;
   * since Linux 6.0 the kernel passes by those with another status, which costs a tenth of that.
   */
  dumpFlows(status: number, most: number): Promise<ArrayBuffer>;

  /** Makes the dummy device unless it is there; left down. EEXIST: a device of that name is no dummy. */
  ensureDevice(): Promise<{ readonly index: number; readonly created: boolean }>;
  /** 0 where there is none. */
  deviceIndex(): Promise<number>;
  /** Whether there was one to delete. EEXIST: a device of that name is no dummy, and stays. */
  deleteDevice(): Promise<boolean>;
  /** The device's addresses and our local routes; read with decodeAddresses(). EINTR: they kept changing. */
  dumpAddresses(): Promise<ArrayBuffer>;
  /** The same as texts of JSON: SpelledBindings. */
  spellAddresses(): Promise<string[]>;
  /**
   * The addresses of all other devices that are up and run, but for loopbacks, and the gateways of the default routes
   * of table main, which are the records that are routes; read with decodeAddresses(). What changed while it was read
   * may be missing: watch() tells of it.
   */
  dumpNodeAddresses(): Promise<ArrayBuffer>;

  /**
   * One transaction of nf_tables messages (nf-tables/transaction.ts), which the addon numbers and brackets: all of it
   * is done, or nothing. Throws a TypeError where the bytes are anything else than whole messages of that subsystem.
   */
  sendNft(messages: Uint8Array): Promise<NftReply>;
  /** Chains and jumps of a table of the family ip, or ip6; empty where there is none. EINTR: it kept changing. */
  dumpRules(table: string): Promise<NftRules>;
  dumpRules6(table: string): Promise<NftRules>;
  /**
   * Chains and rules of the tables of that name, of all families, as the kernel's attributes, handles included: the
   * same bytes as long as nobody changes any of them. EINTR: it kept changing.
   */
  dumpRawRules(table: string): Promise<ArrayBuffer>;
  /**
   * The same number as long as nobody changes any table, chain, rule or set of the network namespace, whosever it is.
   * What packets put into sets is no change.
   */
  nftGeneration(): Promise<number>;
  /** Chains and rules of every table of every family, for decodeRuleset(). EINTR: they kept changing. */
  dumpRuleset(): Promise<ArrayBuffer>;
  /** The elements of a set; read with decodeElements(). ENOENT: no table or set. EINTR: it kept changing. */
  dumpSet(set: number): Promise<ArrayBuffer>;
  /**
   * The elements of sets, each as it is at one moment, as texts of JSON. A set takes LAYOUT_SIZE bytes: its index, of how
   * many parts its keys are (ADDRESS_PARTS), and the protocol (IPPROTO_*) of those that have none of their own. It ends
   * behind a large set, so that changes need not wait for all of them. A set that is missing has no elements; what has no
   * such key, or a protocol that no Service has, is left out. EINTR: one kept changing.
   */
  spellSets(layouts: Uint8Array): Promise<SpelledSets>;

  /**
   * Sets of ip_set by name; each answers whether there was one, false also where the kernel has no ip_set. EBUSY: a
   * rule refers to a set that should be destroyed. Before it destroys one, the kernel waits for RCU: tens of
   * milliseconds.
   */
  findIpset(name: string): Promise<boolean>;
  flushIpset(name: string): Promise<boolean>;
  destroyIpset(name: string): Promise<boolean>;

  /**
   * Reports removals from our device, on a thread of its own that does not keep the process alive. The callback gets
   * what decodeChanges() reads. A second watch replaces the first.
   */
  watch(callback: (changes: ArrayBuffer) => void): void;
  unwatch(): void;
  /** Ends the watch, and lets go of the sockets when the calls before it have been performed. May be called again. */
  close(): void;
}

export interface SpelledSets {
  /** Of JSON: SpelledElements, in the order of the sets. */
  readonly texts: string[];
  /** How many of the sets they are of, from the first on. */
  readonly count: number;
}

export interface VirtualServerListing {
  /** Of JSON: SpelledVirtualServers. */
  readonly texts: string[];
  /** The real servers that have records, as extra items. */
  readonly records: ArrayBuffer;
}

/** What the kernel said to operation records. */
export interface Answers {
  /** For each record 0, or −errno. */
  readonly codes: Int32Array;
  /** The kernel's words (extended acknowledgement) to the first 32 refusals that have some. */
  readonly messages: readonly { readonly record: number; readonly text: string }[];
}

interface IpvsInfo {
  /** Of IPVS, `1.2.1` for many years. */
  readonly version: string;
  /** Buckets of the connection table. */
  readonly connectionTableSize: number;
}

/** Seconds after which an idle connection is forgotten. */
export interface IpvsTimeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

interface NftReply {
  /** 0, or −errno of the first message that the kernel refused. */
  readonly errno: number;
  /** Its index; −1 where the kernel blames none in particular, as for EPERM. */
  readonly message: number;
  /** The kernel's own words to it; empty where it has none. */
  readonly extAck: string;
}

export interface NftRules {
  readonly chains: readonly string[];
  readonly jumps: readonly NftJump[];
}

/** A rule that leads into another chain. */
export interface NftJump {
  readonly chain: string;
  /** By which the rule can be deleted. */
  readonly handle: number;
  readonly target: string;
}

const ADDON_PATH = join(packageRoot(), 'build/Release/ipvs_native.node');

// Tests run this file below src/, everything else its compiled twin below dist/src/: the package is above both.
function packageRoot(): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const above = (folder: string) => existsSync(join(folder, 'package.json')) || folder === dirname(folder);
  let folder = here;
  while (!above(folder)) folder = dirname(folder);
  return folder;
}

/**
 * Throws AddonUnavailable where it cannot be loaded. Node keeps a loaded addon, so this is cheap after the first time.
 */
export function loadAddon(path: string = ADDON_PATH): Addon {
  const addon = requireAddon(path);
  if (addon.abi !== ABI) throw explainLoadFailure({ kind: 'other-abi', path, abi: addon.abi });
  addon.setErrorClass(NetlinkError);
  return addon;
}

function requireAddon(path: string): Addon {
  if (process.platform !== 'linux')
    throw explainLoadFailure({ kind: 'not-linux', platform: process.platform });
  if (!existsSync(path)) throw explainLoadFailure({ kind: 'not-built', path });
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw explainLoadFailure({ kind: 'refused', path, cause });
  }
}
