import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Address } from '../model/address.js';
import type { Clock } from '../model/clock.js';
import type { FrontendActivity } from '../model/counters.js';
import type { Dataplane } from '../model/dataplane.js';
import type { FrontendKey } from '../model/frontend.js';
import { NO_SERVERS, type RealServer, type RealServerKey } from '../model/real-server.js';
import type { DrainEnd, DrainState } from '../model/sync-state.js';
import type { KernelImage } from './kernel-image.js';
import { Interval } from './timing.js';

type PaceOfServices = Pick<DesiredDataplane, 'serviceOf' | 'paceOf'>;

interface Drain {
  readonly server: RealServer;
  /** On the clock; moved back where the kernel shows that an earlier agent began the drain. */
  since: number;
  over: boolean;
}

/**
 * The servers that drain: observed with weight 0 and no longer desired. Which they are, and since when, is read from
 * the kernel's own state, so an agent that starts in the middle of a drain goes on with it.
 */
export class DrainBook {
  readonly #clock: Clock;
  readonly #deadlines: DrainDeadlines;
  readonly #drains = new Map<FrontendKey, Map<RealServerKey, Drain>>();
  #ended = new Map<DrainEnd, number>();

  /** `deadline`: milliseconds that a drain may take where its Service asks for nothing else. */
  constructor(clock: Clock, services: PaceOfServices, deadline: number) {
    this.#clock = clock;
    this.#deadlines = new DrainDeadlines(services, deadline);
  }

  /** It counts for drains under way too. */
  set deadline(milliseconds: number) {
    this.#deadlines.standard = milliseconds;
  }

  get frontends(): FrontendKey[] {
    return [...this.#drains.keys()];
  }

  /** Frontends with a draining server. */
  get size(): number {
    return this.#drains.size;
  }

  /** Every draining server, with the time it may still take. */
  list(): DrainState[] {
    const now = this.#clock.now();
    return [...this.#drains].flatMap(([frontend, drains]) =>
      [...drains].map(([server, { since }]) => ({
        frontend,
        server,
        left: Math.max(0, since + this.#deadlines.of(frontend) - now),
      })),
    );
  }

  isOver(frontend: FrontendKey, server: RealServerKey): boolean {
    return this.#drains.get(frontend)?.get(server)?.over === true;
  }

  /** Brings the book in line with one frontend as it is now observed and desired. */
  refresh(key: FrontendKey, desired: Dataplane, observed: Dataplane): void {
    const wanted = desired.virtualServers.get(key)?.realServers;
    const before = this.#drains.get(key);
    let after: Map<RealServerKey, Drain> | undefined;
    const seen = observed.virtualServers.get(key)?.realServers ?? NO_SERVERS;
    // Nearly always they are the wanted ones, or none yet, and need not be gone through.
    const mayDrain = seen !== wanted && seen.size > 0;
    if (!mayDrain && before === undefined) {
      this.#deadlines.refresh(key, false);
      return;
    }
    for (const server of mayDrain ? seen : NO_SERVERS)
      if (server.weight === 0 && wanted?.find(server) === undefined) {
        after ??= new Map();
        after.set(server.key, before?.get(server.key) ?? { server, since: this.#clock.now(), over: false });
      }
    for (const [server, drain] of before ?? [])
      if (!drain.over && after?.has(server) !== true && wanted?.find(drain.server) !== undefined)
        this.#end('returned');
    if (after === undefined) this.#drains.delete(key);
    else this.#drains.set(key, after);
    this.#deadlines.refresh(key, after !== undefined);
  }

  /** Notes the connections just seen; true where a server's drain ended by it. */
  note(key: FrontendKey, activity: FrontendActivity): boolean {
    let ended = false;
    const deadline = this.#deadlines.of(key);
    for (const [server, drain] of this.#drains.get(key) ?? []) {
      const seen = activity.get(server);
      drain.since = Math.min(drain.since, seen?.drainingSince ?? drain.since);
      const quiet = seen !== undefined && seen.active + seen.inactive === 0;
      if (!quiet && this.#clock.now() - drain.since < deadline) continue;
      if (!drain.over) this.#end(quiet ? 'idle' : 'deadline');
      drain.over = true;
      ended = true;
    }
    return ended;
  }

  /** Where servers drain whose connections may still go on. */
  get addresses(): Set<Address> {
    const drains = [...this.#drains.values()].flatMap((servers) => [...servers.values()]);
    return new Set(drains.flatMap(({ server, over }) => (over ? [] : [server.address])));
  }

  /** Ends the drains of servers that cannot answer any more; the frontends that had one. */
  endWhere(isLost: (address: Address) => boolean): FrontendKey[] {
    return [...this.#drains].flatMap(([key, servers]) => {
      const lost = [...servers.values()].filter(({ server, over }) => !over && isLost(server.address));
      for (const drain of lost) {
        drain.over = true;
        this.#end('node');
      }
      return lost.length === 0 ? [] : [key];
    });
  }

  /** The drains that have ended since the last time, by reason. */
  takeEnded(): ReadonlyMap<DrainEnd, number> {
    const ended = this.#ended;
    this.#ended = new Map();
    return ended;
  }

  #end(reason: DrainEnd): void {
    this.#ended.set(reason, (this.#ended.get(reason) ?? 0) + 1);
  }
}

/**
 * For how long servers may drain: as their Service asks, or as the node is set. What a deleted Service asked for
 * outlives it, but no longer than the node's own deadline: else whoever deletes a Service could keep an address of the
 * node.
 */
class DrainDeadlines {
  /** Milliseconds, of Services that ask for nothing; may be changed at any time, for drains under way too. */
  standard: number;
  readonly #services: PaceOfServices;
  readonly #own = new Map<FrontendKey, number>();

  constructor(services: PaceOfServices, standard: number) {
    this.#services = services;
    this.standard = standard;
  }

  /** Milliseconds. */
  of(key: FrontendKey): number {
    const own = this.#own.get(key);
    if (own === undefined) return this.standard;
    return this.#services.serviceOf(key) === undefined ? Math.min(own, this.standard) : own;
  }

  /** Takes in what the frontend's Service asks for now; `drains`: whether a server of it does. */
  refresh(key: FrontendKey, drains: boolean): void {
    const seconds = this.#services.paceOf(key)?.drainDeadline;
    if (seconds !== undefined) this.#own.set(key, seconds * 1000);
    else if (!drains || this.#services.serviceOf(key) !== undefined) this.#own.delete(key);
  }
}

/** Counts the connections of draining servers, at intervals. */
export class DrainCounter {
  readonly #kernel: Pick<Kernel, 'look'>;
  readonly #image: Pick<KernelImage, 'state'>;
  readonly #drains: DrainBook;
  readonly #interval: Interval;

  /** `interval`: milliseconds between two counts. */
  constructor(
    kernel: Pick<Kernel, 'look'>,
    image: Pick<KernelImage, 'state'>,
    drains: DrainBook,
    clock: Clock,
    interval: number,
  ) {
    this.#kernel = kernel;
    this.#image = image;
    this.#drains = drains;
    this.#interval = new Interval(clock, interval);
  }

  get isDue(): boolean {
    return this.#interval.isOver;
  }

  /** Milliseconds until they are to be counted; undefined where no server drains. */
  wait(): number | undefined {
    return this.#drains.size === 0 ? undefined : this.#interval.wait();
  }

  /** Counts and notes them; the frontends with a drain that has ended. */
  async count(): Promise<FrontendKey[]> {
    this.#interval.begin();
    const { virtualServers } = this.#image.state;
    const frontends = this.#drains.frontends.flatMap((key) => virtualServers.get(key)?.frontend ?? []);
    if (frontends.length === 0) return [];
    const results = await this.#kernel.look(frontends);
    return frontends.flatMap(({ key }, index) => {
      const result = results[index];
      return result?.kind === 'present' && this.#drains.note(key, result.activity) ? [key] : [];
    });
  }
}
