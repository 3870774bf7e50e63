import type { Ownership } from '../../model/dataplane.js';
import { type FrontendKey, frontend } from '../../model/frontend.js';
import type { Problem } from '../../model/problem.js';
import { type ServiceKey, serviceOfOwner } from '../../model/service-key.js';
import { FLOW_STATUS, type FlowRecord } from '../native/records.js';
import type { PortRange } from '../nf-tables/rule-values.js';
import { type ConntrackLoad, grouped, isNear, NEAR } from './conntrack-capacity.js';
import type { FlowSource } from './flow-look.js';
import type { NodeCheck } from './node-watch.js';

interface MasqueradePortsParts {
  readonly load: () => Promise<ConntrackLoad | undefined>;
  readonly flows: FlowSource;
  /** The ranges that source ports come from. The first is that of clients below port 1024, if they have one. */
  readonly ranges: readonly PortRange[];
  /** The ledger: whose frontend a flow came in by. */
  readonly owned: () => ReadonlyMap<FrontendKey, Ownership>;
}

/** The flows of one server, as the node's address sees it, that share a range of ports. */
interface PortUse {
  readonly server: string;
  readonly range: PortRange;
  count: number;
  /** By which most of them came. */
  readonly by: Map<ServiceKey, number>;
}

/**
 * Whether there are ports left for masqueraded clients of a server. What tells is the flows of each server, and to
 * count them costs as much as the node has connections. So they are counted only where they could be enough for the
 * smallest range, which the kernel's own count of all of them says for nothing; or where the kernel could not enter a
 * connection since the last look: that finds the few ports of clients below 1024 as well, but only once one has failed.
 */
export class MasqueradePorts implements NodeCheck {
  readonly subject = 'ports of masqueraded clients';
  readonly #parts: MasqueradePortsParts;
  readonly #least: number;
  #reported = new Map<string, Problem>();
  #notInserted: number | undefined;
  #isSuspected = false;

  constructor(parts: MasqueradePortsParts) {
    this.#parts = parts;
    const ordinary = parts.ranges.filter(([first]) => first >= 1024);
    this.#least = NEAR * Math.min(...ordinary.map(sizeOf));
  }

  async look(): Promise<readonly Problem[]> {
    const load = await this.#parts.load();
    if (load !== undefined) this.#suspect(load);
    if (this.#mustCount(load?.entries ?? 0) && this.#parts.flows.isRested) await this.#count();
    return [...this.#reported.values()];
  }

  // Kept until there is a look, which may not be due yet.
  #suspect({ notInserted }: ConntrackLoad): void {
    this.#isSuspected ||= this.#notInserted !== undefined && notInserted > this.#notInserted;
    this.#notInserted = notInserted;
  }

  #mustCount(entries: number): boolean {
    return entries >= this.#least || this.#isSuspected || this.#reported.size > 0;
  }

  async #count(): Promise<void> {
    this.#isSuspected = false;
    const ways = new Map<string, { readonly flow: FlowRecord; readonly range: PortRange; count: number }>();
    await this.#parts.flows.each(FLOW_STATUS.sourceTranslated, (flow) => {
      const range = this.#rangeOf(flow.replyDestinationPort);
      if (range === undefined) return;
      const key = `${flow.way}${range[0]}`;
      const way = ways.get(key);
      if (way === undefined) ways.set(key, { flow, range, count: 1 });
      else way.count++;
    });
    const uses = new Map<string, PortUse>();
    for (const { flow, range, count } of ways.values()) this.#gather(uses, flow, range, count);
    this.#reported = this.#near(uses);
  }

  #rangeOf(port: number): PortRange | undefined {
    return this.#parts.ranges.find(([first, last]) => port >= first && port <= last);
  }

  #gather(uses: Map<string, PortUse>, flow: FlowRecord, range: PortRange, count: number): void {
    const { protocol, destination, destinationPort, replySource, replySourcePort, replyDestination } = flow;
    if (protocol === undefined) return;
    const { owner } = this.#parts.owned().get(frontend(destination, destinationPort, protocol).key) ?? {};
    // Another program's, which has rules of its own.
    if (owner === undefined) return;
    const server = frontend(replySource, replySourcePort, protocol).key;
    const name = `${server} ${replyDestination} ${range[0]}`;
    const use = uses.get(name) ?? { server, range, count: 0, by: new Map() };
    const service = serviceOfOwner(owner);
    use.count += count;
    use.by.set(service, (use.by.get(service) ?? 0) + count);
    uses.set(name, use);
  }

  #near(uses: ReadonlyMap<string, PortUse>): Map<string, Problem> {
    const near = new Map<string, Problem>();
    for (const [name, use] of uses)
      if (isNear(use.count / sizeOf(use.range), this.#reported.has(name)))
        near.set(name, this.#reported.get(name) ?? portsProblem(use));
    return near;
  }
}

function portsProblem({ server, range, by }: PortUse): Problem {
  const [[service = '' as ServiceKey] = []] = [...by].sort(([, a], [, b]) => b - a);
  const [first, last] = range;
  return {
    kind: 'kernel',
    subject: `Service ${service}`,
    service,
    reason: 'SourcePortsScarce',
    message: `90 % of the ${grouped(sizeOf(range))} source ports ${first}–${last} that masqueraded clients have towards its server ${server} are taken; once all are, new connections hang.`,
    remedy:
      'Give it more endpoints, let clients keep connections open, or keep their addresses (externalTrafficPolicy Local).',
  };
}

function sizeOf([first, last]: PortRange): number {
  return last - first + 1;
}
