import type { Observation, Preparation } from '../../src/kernel/kernel.js';
import { SilentKernel } from '../../src/kernel/netlink/silent-kernel.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { NODE_ADDRESS } from './content.js';

/** The netlink kernel without a kernel: what is measured is the pass, not making ready and looking at nothing. */
export class ReadySilentKernel extends SilentKernel {
  constructor() {
    super([NODE_ADDRESS]);
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
}
