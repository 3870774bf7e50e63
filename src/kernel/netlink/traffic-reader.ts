import { STEPS_PER_LOOK, TimeSlice } from '../../model/clock.js';
import type { DataplaneTraffic, Traffic } from '../../model/counters.js';
import type { Ownership } from '../../model/dataplane.js';
import { type FrontendKey, frontend } from '../../model/frontend.js';
import type { Addon, KernelHandle } from '../native/addon.js';
import { virtualServersOf } from '../native/answer-decoder.js';
import { marksOf } from './netlink-observation.js';

/**
 * Reads what went through every virtual server, by one dump and without the real servers. On a handle of its own, so
 * that a scrape does not hold up a pass.
 *
 * The kernel continues such a dump by position and says nothing where a change in between makes it skip an entry: a
 * virtual server that is missing is one that was not seen, not one that had no traffic.
 */
export class TrafficReader {
  readonly #handle: Pick<KernelHandle, 'dumpVirtualServers' | 'close'>;

  constructor(handle: Pick<KernelHandle, 'dumpVirtualServers' | 'close'>) {
    this.#handle = handle;
  }

  static open(addon: Addon): TrafficReader {
    return new TrafficReader(new addon.KernelHandle({ device: '', table: '', sets: [] }));
  }

  /** `owned` tells what stands behind a firewall mark; a mark that is not in it is another program's and left out. */
  async read(owned: ReadonlyMap<FrontendKey, Ownership>): Promise<DataplaneTraffic> {
    const marks = marksOf(owned.values());
    const traffic = new Map<FrontendKey, Traffic>();
    const slice = new TimeSlice(performance, STEPS_PER_LOOK);
    for (const { key, counters } of virtualServersOf(await this.#handle.dumpVirtualServers())) {
      const front = 'mark' in key ? marks.at(key) : frontend(key.address, key.port, key.protocol);
      if (front === undefined) continue;
      // Whoever keeps the reading keeps no second text of each key.
      traffic.set(owned.get(front.key)?.frontend.key ?? front.key, counters);
      if (slice.over) await slice.yieldTurn();
    }
    return traffic;
  }

  close(): void {
    this.#handle.close();
  }
}
