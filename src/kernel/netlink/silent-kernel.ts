import { constants } from 'node:os';
import type { Address } from '../../model/address.js';
import type { NodeAddresses } from '../kernel.js';
import type { Addon, Answers, KernelHandle, SpelledSets } from '../native/addon.js';
import { NetlinkError } from '../native/netlink-error.js';
import { ABI, LAYOUT_SIZE } from '../native/records.js';
import type { NodePlaces } from '../node/node-files.js';
import { PLAIN_RULES } from '../packet-table/packet-rules-settings.js';
import { NetlinkKernel } from './netlink-kernel.js';

// It shall not set up the machine that it runs on.
const NOWHERE: NodePlaces = { proc: '/dev/null', sys: '/dev/null' };

/**
 * The netlink kernel without a kernel, for measuring and for warming up: nothing is there, every write is encoded, and its
 * answer is at once that it was done.
 */
export class SilentKernel extends NetlinkKernel {
  readonly #own: readonly Address[];

  /** `own`: the addresses of the node. */
  constructor(own: readonly Address[] = []) {
    super(SILENT_ADDON, PLAIN_RULES, NOWHERE);
    this.#own = own;
  }

  // The real one asks this machine for its resolvers too.
  override async nodeAddresses(): Promise<NodeAddresses> {
    return { own: this.#own, reserved: [] };
  }
}

/** An answer without records. */
const NOTHING = new ArrayBuffer(16);

/** More than one job has answers. */
const DONE: Answers = { codes: new Int32Array(8192), messages: [] };

class SilentHandle implements Partial<KernelHandle> {
  // As a thread does, it answers in a later turn.
  apply(): Promise<Answers> {
    return new Promise((resolve) => setImmediate(resolve, DONE));
  }

  async ipvsInfo() {
    return { version: '1.2.1', connectionTableSize: 4096 };
  }

  async ensureDevice() {
    return { index: 2, created: true };
  }

  async sendNft() {
    return { errno: 0, message: -1, extAck: '' };
  }

  async nftGeneration(): Promise<number> {
    return 1;
  }

  async dumpAddresses(): Promise<ArrayBuffer> {
    return NOTHING;
  }

  async dumpRawRules(): Promise<ArrayBuffer> {
    return NOTHING;
  }

  async dumpSet(): Promise<ArrayBuffer> {
    throw new NetlinkError(-constants.errno.ENOENT, 'nft.dumpSet');
  }

  async spellAddresses(): Promise<string[]> {
    return [];
  }

  async spellSets(layouts: Uint8Array): Promise<SpelledSets> {
    return { texts: [], count: layouts.length / LAYOUT_SIZE };
  }

  async listVirtualServers() {
    return { texts: [], records: NOTHING };
  }

  watch(): void {}

  close(): void {}
}

const SILENT_ADDON: Addon = {
  abi: ABI,
  libnl: 'none',
  KernelHandle: SilentHandle as unknown as new () => KernelHandle,
  setErrorClass: () => undefined,
};
