import { readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { type Address, FAMILIES, type Family } from '../../model/address.js';
import { type Cidr, cidrContains, parsedCidrs } from '../../model/cidr.js';
import type { Ownership } from '../../model/dataplane.js';
import { type FrontendKey, frontend } from '../../model/frontend.js';
import type { Problem } from '../../model/problem.js';
import { FLOW_STATUS, type FlowRecord } from '../native/records.js';
import { isAccessible, type NodePlaces, readIfThere } from '../node/node-files.js';

import type { FlowSource } from './flow-look.js';
import type { NodeCheck } from './node-watch.js';

interface BridgeCheckParts {
  readonly passing: () => Promise<Passing>;
  /** Those over which packets of a family go past netfilter. */
  readonly bridges: (passing: Passing) => Promise<readonly Bridge[]>;
  readonly flows: FlowSource;
  /** The ledger: whether a flow came in by a frontend of ours. */
  readonly owned: () => ReadonlyMap<FrontendKey, Ownership>;
}

/** In so many looks in a row, half a minute apart, nobody was answered. */
const LOOKS = 2;

interface Seen {
  answered: number;
  unanswered: number;
}

/**
 * Whether servers answer clients behind the same bridge through the node. Where pods reach one another over it and
 * br_netfilter is off, the answer goes from pod to pod, nobody restores the VIP, and the client resets or ignores it:
 * all that client and server know of each other looks right.
 *
 * That pods have addresses of the bridge's subnet proves nothing: they may reach their neighbours by the node all the
 * same (routes of their own, as Calico lays them), and only their namespaces show it. So it is recognised by what it
 * does: connection tracking has flows between two addresses behind the bridge, and no answer to any of them.
 */
export class BridgeCheck implements NodeCheck {
  readonly subject = 'bridges of pods';
  readonly #parts: BridgeCheckParts;
  /** Looks in a row in which nobody behind the bridge was answered. */
  #silent = new Map<string, number>();
  #problems: readonly Problem[] = [];

  constructor(parts: BridgeCheckParts) {
    this.#parts = parts;
  }

  async look(): Promise<readonly Problem[]> {
    if (!this.#parts.flows.isRested) return this.#problems;
    const passing = await this.#parts.passing();
    const mayMiss = FAMILIES.some((family) => passing[family] !== undefined);
    const bridges = mayMiss ? await this.#parts.bridges(passing) : [];
    this.#silent = bridges.length === 0 ? new Map() : this.#judge(await this.#see(bridges));
    this.#problems = bridges
      .filter(({ name }) => (this.#silent.get(name) ?? 0) >= LOOKS)
      .map((bridge) => bridgeProblem(bridge, passing));
    return this.#problems;
  }

  // Where nobody asked anybody, it is as it was.
  #judge(seen: ReadonlyMap<string, Seen>): Map<string, number> {
    const silent = new Map<string, number>();
    for (const [name, { answered, unanswered }] of seen)
      if (answered === 0) silent.set(name, (this.#silent.get(name) ?? 0) + (unanswered > 0 ? 1 : 0));
    return silent;
  }

  async #see(bridges: readonly Bridge[]): Promise<ReadonlyMap<string, Seen>> {
    const seen = new Map(bridges.map(({ name }): [string, Seen] => [name, { answered: 0, unanswered: 0 }]));
    const bridgeOf = bridgeFinder(bridges);
    await this.#parts.flows.each(0, (flow) => {
      const { source, replySource, replyDestination } = flow;
      // A masqueraded one is answered by way of the node.
      if (source !== replyDestination || source === replySource) return;
      const name = bridgeOf(source);
      const entry = name === undefined || bridgeOf(replySource) !== name ? undefined : seen.get(name);
      if (entry === undefined || !this.#isOurs(flow)) return;
      if ((flow.status & FLOW_STATUS.answered) !== 0) entry.answered++;
      else entry.unanswered++;
    });
    return seen;
  }

  #isOurs({ destination, destinationPort, protocol }: FlowRecord): boolean {
    if (protocol === undefined) return false;
    return this.#parts.owned().has(frontend(destination, destinationPort, protocol).key);
  }
}

// There are fewer addresses than flows.
function bridgeFinder(bridges: readonly Bridge[]): (address: Address) => string | undefined {
  const known = new Map<Address, string | undefined>();
  return (address) => {
    if (!known.has(address)) {
      const bridge = bridges.find(({ subnets }) => subnets.some((subnet) => cidrContains(subnet, address)));
      known.set(address, bridge?.name);
    }
    return known.get(address);
  };
}

function bridgeProblem({ name, subnets }: Bridge, passing: Passing): Problem {
  const causes = new Set(subnets.flatMap(({ family }) => passing[family] ?? []));
  return {
    kind: 'kernel',
    subject: `bridge ${name}`,
    message: `requests of pods behind it to Services with servers behind it hang: ${[...causes].join(' and ')}, and none of these servers' answers passes the node, which has to give it the Service's address.`,
    remedy:
      'Load br_netfilter and set net.bridge.bridge-nf-call-iptables and net.bridge.bridge-nf-call-ip6tables to 1.',
  };
}

/** A bridge over which packets of a family go from port to port without netfilter, so without connection tracking. */
export interface Bridge {
  readonly name: string;
  /** The subnets of its own addresses, of such families. */
  readonly subnets: readonly Cidr[];
}

/** What keeps packets from passing netfilter, for each family that passes it not: as the problem says it. */
export type Passing = Readonly<Record<Family, string | undefined>>;

const SYSCTLS: Readonly<Record<Family, string>> = {
  IPv4: 'bridge-nf-call-iptables',
  IPv6: 'bridge-nf-call-ip6tables',
};

/** Undefined for a family whose bridged packets do pass. */
export async function readPassing({ proc }: Pick<NodePlaces, 'proc'>): Promise<Passing> {
  const cause = async (family: Family) => {
    const value = await readIfThere(`${proc}/sys/net/bridge/${SYSCTLS[family]}`);
    if (value === undefined) return 'the module br_netfilter is not loaded';
    return value === '0' ? `net.bridge.${SYSCTLS[family]} is 0` : undefined;
  };
  return { IPv4: await cause('IPv4'), IPv6: await cause('IPv6') };
}

/** Bridges between whose ports packets could go; one with a single port has nobody to send to. */
export async function readBridges(places: NodePlaces, passing: Passing): Promise<Bridge[]> {
  const folder = `${places.sys}/class/net`;
  const bridges: Bridge[] = [];
  for (const name of await readdir(folder)) {
    if (!(await isAccessible(`${folder}/${name}/bridge`))) continue;
    if ((await portsOf(`${folder}/${name}`)).length < 2) continue;
    const missed = FAMILIES.filter((family) => passing[family] !== undefined);
    const subnets = subnetsOf(name).filter(({ family }) => missed.includes(family));
    if (subnets.length > 0 && !(await passesByItself(`${folder}/${name}/bridge`)))
      bridges.push({ name, subnets });
  }
  return bridges;
}

// It may have gone since it was listed.
function portsOf(device: string): Promise<string[]> {
  return readdir(`${device}/brif`).catch(() => []);
}

// A bridge may have a switch of its own, which does something only where the module is loaded; then there is the file.
async function passesByItself(folder: string): Promise<boolean> {
  const values = await Promise.all(
    ['nf_call_iptables', 'nf_call_ip6tables'].map((file) => readIfThere(`${folder}/${file}`)),
  );
  return values.every((value) => value === '1');
}

function subnetsOf(name: string): Cidr[] {
  const cidrs = (networkInterfaces()[name] ?? []).flatMap(({ cidr }) => cidr ?? []);
  // Link-local addresses are nobody's servers.
  return parsedCidrs(cidrs.filter((cidr) => !cidr.startsWith('fe80:')));
}
