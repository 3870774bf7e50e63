import type { NodeAddresses, Observation, Preparation } from '../../src/kernel/kernel.js';
import type { Addon, Answers, KernelHandle } from '../../src/kernel/native/addon.js';
import { NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import type { NodePlaces } from '../../src/kernel/node/node-files.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { NODE_ADDRESS } from './content.js';
import { answersTo } from './record-bytes.js';

// It shall not set up the machine that measures.
const NOWHERE: NodePlaces = { proc: '/dev/null', sys: '/dev/null' };

/** The netlink kernel without a kernel: every record is encoded, and its answer is at once that it was done. */
export class SilentKernel extends NetlinkKernel {
  constructor() {
    super(silentAddon(), PLAIN_RULES, NOWHERE);
  }

  override async prepare(): Promise<Preparation> {
    return { done: [], warnings: [] };
  }

  override async observe(): Promise<Observation> {
    return { dataplane: new DataplaneState(), activity: new Map(), foreign: [] };
  }

  // The real one reads it from a set.
  override async markKey(): Promise<string> {
    return 'silent';
  }

  override async nodeAddresses(): Promise<NodeAddresses> {
    return { own: [NODE_ADDRESS], reserved: [] };
  }
}

function silentAddon(): Addon {
  class SilentHandle {
    apply(buffer: Uint8Array, count: number): Promise<Answers> {
      const codes = new Int32Array(answersTo(buffer, count));
      return new Promise((resolve) => setImmediate(() => resolve({ codes, messages: [] })));
    }

    watch(): void {}

    close(): void {}
  }
  const KernelHandle = SilentHandle as unknown as new () => KernelHandle;
  return { abi: 0, libnl: 'none', KernelHandle, setErrorClass: () => undefined };
}
