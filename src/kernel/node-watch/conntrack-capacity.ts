import type { Problem } from '../../model/problem.js';
import { readIfThere } from '../node/node-files.js';
import type { NodeCheck } from './node-watch.js';

/**
 * Whether connection tracking has room for more. Once it has none, the kernel drops packets of new connections of the
 * whole node, and says so in its own log alone.
 */
export class ConntrackCapacity implements NodeCheck {
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

/** How connection tracking stands, of the network namespace that this process is in. */
export interface ConntrackLoad {
  readonly entries: number;
  /** 0: as many as there is memory for. */
  readonly most: number;
  /** Packets that were dropped since the namespace exists because there was no room for their connection. */
  readonly dropped: number;
  /**
   * Connections that could not be entered since the namespace exists, for want of a source port among other reasons.
   */
  readonly notInserted: number;
}

/** Undefined while the kernel tracks nothing. Counters are 0 where the kernel has no file for them. */
export async function readConntrackLoad(proc: string): Promise<ConntrackLoad | undefined> {
  const folder = `${proc}/sys/net/netfilter`;
  const entries = await readIfThere(`${folder}/nf_conntrack_count`);
  const most = await readIfThere(`${folder}/nf_conntrack_max`);
  if (entries === undefined || most === undefined) return undefined;
  const statistics = conntrackStatistics((await readIfThere(`${proc}/net/stat/nf_conntrack`)) ?? '');
  return {
    entries: Number(entries),
    most: Number(most),
    dropped: statistics('drop'),
    notInserted: statistics('insert_failed'),
  };
}

/**
 * A line of names, and for each processor a line of hexadecimal numbers (ct_cpu_seq_show() in
 * net/netfilter/nf_conntrack_standalone.c). Kernels have different columns.
 */
export function conntrackStatistics(text: string): (column: string) => number {
  const [names = [], ...lines] = text.split('\n').map((line) => line.trim().split(/\s+/));
  return (column) => {
    const index = names.indexOf(column);
    return lines.reduce((sum, words) => sum + (Number.parseInt(words[index] ?? '0', 16) || 0), 0);
  };
}

/**
 * What is reported from so much of a limit on stays reported until there is clearly less: a number that swings around
 * it is reported once.
 */
export const NEAR = 0.9;
const CLEARLY_LESS = 0.8;

export function isNear(share: number, wasNear: boolean): boolean {
  return share >= (wasNear ? CLEARLY_LESS : NEAR);
}

export function grouped(number: number): string {
  return number.toLocaleString('en-US');
}
