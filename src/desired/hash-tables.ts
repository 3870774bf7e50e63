import type { Problem } from '../model/problem.js';
import { isExternal, type Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { NodeView } from './node-view.js';

/**
 * Virtual servers that may have the scheduler mh without the operator's asking. Each has a table of 4,093 pointers, 32
 * KiB, in the kernel's own memory, which no limit of a pod counts (ip_vs_mh.c); all of them 32 MiB. The table of sh has
 * 256.
 */
const MOST_TABLES = 1_024;
/** Of one Service, so that a single one cannot take them all. */
const MOST_OF_ONE = 64;

/** Which Services have how many of the tables. A Service that has some keeps them; the next gets what is left. */
export class HashTables {
  readonly #taken = new Map<ServiceKey, number>();
  #left = MOST_TABLES;

  /** Whether the Service may have so many; what it had before is given back. */
  take(service: ServiceKey, count: number): boolean {
    // Most clusters have none that hashes.
    if (count === 0 && this.#taken.size === 0) return true;
    this.#left += this.#taken.get(service) ?? 0;
    this.#taken.delete(service);
    if (count > MOST_OF_ONE || count > this.#left) return false;
    if (count > 0) this.#taken.set(service, count);
    this.#left -= count;
    return true;
  }
}

/** A Service, and this node, as its schedulers are to be chosen from. */
export interface HashChoice {
  readonly service: Service;
  readonly node: NodeView;
  readonly problem?: Problem;
}

/**
 * `count`: how many virtual servers it has, where it hashes by mh. Where too many would, they hash by sh, which moves more
 * clients when endpoints change.
 */
export function withinHashTables(service: Service, count: number, node: NodeView): HashChoice {
  if (node.takeHashTables(service.key, count)) return { service, node };
  const { smallStickyScheduler } = node;
  const { scheduler, ...rest } = service;
  const isAsked = scheduler === 'mh';
  return {
    service: isAsked
      ? { ...rest, ...(smallStickyScheduler && { scheduler: smallStickyScheduler }) }
      : service,
    node: { ...node, stickyScheduler: smallStickyScheduler },
    ...((isAsked || smallStickyScheduler === undefined) && {
      problem: tableProblem(service, count, smallStickyScheduler),
    }),
  };
}

/** Whether each of its virtual servers would need a table; where the node's own scheduler is mh, the operator has decided. */
export function hashesByMh(service: Service, { scheduler, stickyScheduler }: NodeView): boolean {
  if (scheduler === 'mh') return false;
  if (service.scheduler === 'mh') return true;
  return stickyScheduler === 'mh' && service.affinityTimeout > 0 && isExternal(service);
}

function tableProblem({ key }: Service, count: number, instead: string | undefined): Problem {
  return {
    kind: 'object',
    subject: `Service ${key}`,
    service: key,
    reason: 'SchedulerReplaced',
    message:
      `its ${count} virtual servers would need as many tables of the scheduler mh; a Service may have ${MOST_OF_ONE}, and all ` +
      `together ${MOST_TABLES}. ` +
      (instead === undefined
        ? 'They have no scheduler that hashes, so that a client may get another pod by each of its addresses.'
        : `They have the scheduler ${instead}.`),
    remedy: 'Use fewer ports and addresses, or set ipvs.scheduler: mh for the whole node.',
  };
}
