import type { Problem } from '../../model/problem.js';
import type { ConntrackLoad } from './conntrack-files.js';
import { grouped, isNear } from './near-limit.js';
import type { NodeCheck } from './node-watch.js';

/**
 * Whether connection tracking has room for more. Once it has none, the kernel drops packets of new connections of the whole node,
 * and says so in its own log alone.
 */
export class ConntrackRoom implements NodeCheck {
  readonly subject = 'connection tracking';
  readonly #load: () => Promise<ConntrackLoad | undefined>;
  #state: 'free' | 'near' | 'full' = 'free';
  #dropped: number | undefined;

  constructor(load: () => Promise<ConntrackLoad | undefined>) {
    this.#load = load;
  }

  async look(): Promise<readonly Problem[]> {
    const load = await this.#load();
    this.#state = load === undefined || load.most === 0 ? 'free' : this.#stateOf(load);
    this.#dropped = load?.dropped;
    return this.#state === 'free' ? [] : [this.#problem(this.#state, load?.most ?? 0)];
  }

  // Packets are dropped for other reasons too; they count while there is hardly room.
  #stateOf({ entries, most, dropped }: ConntrackLoad): 'free' | 'near' | 'full' {
    if (!isNear(entries / most, this.#state !== 'free')) return 'free';
    const isDropping = this.#dropped !== undefined && dropped > this.#dropped;
    return isDropping || entries >= most || this.#state === 'full' ? 'full' : 'near';
  }

  #problem(state: 'near' | 'full', most: number): Problem {
    const limit = `${grouped(most)} connections that it may have at once`;
    return {
      kind: 'kernel',
      subject: this.subject,
      field: 'net.netfilter.nf_conntrack_max',
      message:
        state === 'full'
          ? `it had all of the ${limit}: the kernel drops packets of new connections of this node and its pods.`
          : `it has 90 % of the ${limit}; once it has all, the kernel drops packets of new connections of this node and its pods.`,
      remedy: 'Raise conntrack.min or conntrack.maxPerCore, or find who opens so many (conntrack -L).',
    };
  }
}
