import { networkInterfaces } from 'node:os';
import { type Address, FAMILIES, parseAddress } from '../../model/address.js';
import { cidrContains } from '../../model/cidr.js';
import { type LookResult, trafficSince } from '../../model/counters.js';
import { TRAFFIC_SETS } from '../../model/dataplane.js';
import { type Frontend, outsideKey, frontend as plainFrontend } from '../../model/frontend.js';
import type {
  BridgeFact,
  ClientFacts,
  KernelFacts,
  KernelFrontend,
  LookQuestion,
  RuleFact,
  TrafficFacts,
} from '../../model/kernel-facts.js';
import { PROTOCOLS } from '../../model/protocol.js';
import { serviceOfOwner } from '../../model/service-key.js';
import type { AddressesAndSets } from '../kernel.js';
import type { Addon, KernelHandle } from '../native/addon.js';
import { decodeFlows } from '../native/answer-decoder.js';
import { FLOW_STATUS } from '../native/records.js';
import { DEVICE, NetlinkKernel } from '../netlink/netlink-kernel.js';
import { TrafficReader } from '../netlink/traffic-reader.js';
import { decodeRuleset } from '../nf-tables/ruleset-decoder.js';
import { NODE_PLACES } from '../node/node-files.js';
import { readSysctls } from '../node/sysctls.js';
import { type Bridge, readBridges, readPassing } from '../node-watch/bridge-check.js';
import { readConntrackLoad } from '../node-watch/conntrack-capacity.js';
import { PLAIN_RULES } from '../packet-table/packet-rules-settings.js';
import { foreignRules } from './foreign-rules.js';
import { readClientEntries } from './ipvs-connections.js';

/** Of more only the number is said: a Service may have thousands. */
const MOST_FRONTENDS = 64;
const MOST_FLOWS = 200_000;
/** Long enough for a client that is busy, short enough for a person. */
const MEASURED_MILLISECONDS = 500;

/**
 * Everything that this node's kernel says of a Service, looked at now. What cannot be read is named; the rest is there.
 */
export async function readKernelFacts(addon: Addon, question: LookQuestion): Promise<KernelFacts> {
  const kernel = new NetlinkKernel(addon, PLAIN_RULES);
  const handle = new addon.KernelHandle({ device: DEVICE, table: '', sets: [] });
  const traffic = TrafficReader.open(addon);
  try {
    return await new KernelLook({ kernel, handle, traffic }, question).read();
  } finally {
    traffic.close();
    handle.close();
    await kernel.close();
  }
}

interface Readers {
  readonly kernel: NetlinkKernel;
  readonly handle: KernelHandle;
  readonly traffic: TrafficReader;
}

class KernelLook {
  readonly #kernel: NetlinkKernel;
  readonly #handle: KernelHandle;
  readonly #traffic: TrafficReader;
  readonly #question: LookQuestion;
  readonly #unread: string[] = [];

  constructor({ kernel, handle, traffic }: Readers, question: LookQuestion) {
    this.#kernel = kernel;
    this.#handle = handle;
    this.#traffic = traffic;
    this.#question = question;
  }

  async read(): Promise<KernelFacts> {
    const around = await this.#kernel.observeAddressesAndSets();
    const asked = this.#asked(around);
    const results = await this.#kernel.look(asked);
    const frontends = asked.map((frontend, index) => kernelFrontend(frontend, results[index], around));
    // The other looks take up most of the moment.
    const measured = this.#tried('counters', undefined, () => this.#measure(frontends, around));
    const otherDevices = devicesWith(new Set(asked.map(({ address }) => address)));
    return {
      hasDevice: (await this.#handle.deviceIndex()) !== 0,
      hasTable: (await this.#kernel.standingRules()) !== undefined,
      frontends,
      otherDevices,
      sysctls: await this.#tried('sysctls', [], () => readSysctls(NODE_PLACES.proc)),
      conntrack: await this.#conntrack(),
      bridges: await this.#tried('bridges', [], () => this.#bridges(frontends)),
      rules: await this.#tried('rules of other programs', [], () => this.#rules(frontends, otherDevices)),
      traffic: await measured,
      client: await this.#tried('connections of the client', undefined, () => this.#client(asked)),
      unread: this.#unread,
    };
  }

  async #tried<T>(what: string, otherwise: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      this.#unread.push(`${what}: not read (${error instanceof Error ? error.message : String(error)})`);
      return otherwise;
    }
  }

  #asked({ policy }: AddressesAndSets): Frontend[] {
    const { frontends, service, vip, port } = this.#question;
    const listed =
      frontends ??
      [...policy.owned.values()]
        .filter(({ owner }) => service === undefined || serviceOfOwner(owner) === service)
        .map(({ frontend }) => frontend);
    const asked = listed.filter(
      (frontend) =>
        (vip === undefined || frontend.address === vip) && (port === undefined || frontend.port === port),
    );
    const isThere = asked.some(({ mark }) => mark === 0);
    // Nobody of ours has it: then it may be another program's.
    const others =
      isThere || vip === undefined || port === undefined
        ? []
        : PROTOCOLS.map((protocol) => plainFrontend(vip, port, protocol));
    return [...asked, ...others].slice(0, MOST_FRONTENDS);
  }

  async #conntrack(): Promise<KernelFacts['conntrack']> {
    const load = await this.#tried('connection tracking', undefined, () =>
      readConntrackLoad(NODE_PLACES.proc),
    );
    return load && { entries: load.entries, most: load.most };
  }

  async #bridges(frontends: readonly KernelFrontend[]): Promise<BridgeFact[]> {
    const passing = await readPassing(NODE_PLACES);
    if (FAMILIES.every((family) => passing[family] === undefined)) return [];
    const bridges = await readBridges(NODE_PLACES, passing);
    if (bridges.length === 0) return [];
    const flows = decodeFlows(await this.#handle.dumpFlows(0, MOST_FLOWS));
    const keys = new Set(frontends.map(({ key }) => outsideKey(key)));
    return bridges.map((bridge) => {
      const causes = new Set(bridge.subnets.flatMap(({ family }) => passing[family] ?? []));
      let [answered, unanswered] = [0, 0];
      for (const {
        source,
        destination,
        destinationPort,
        protocol,
        replySource,
        replyDestination,
        status,
      } of flows) {
        // A masqueraded client is answered by way of the node.
        if (source !== replyDestination || source === replySource || protocol === undefined) continue;
        if (!isBehind(bridge, source) || !isBehind(bridge, replySource)) continue;
        if (!keys.has(plainFrontend(destination, destinationPort, protocol).key)) continue;
        if ((status & FLOW_STATUS.answered) !== 0) answered++;
        else unanswered++;
      }
      return { name: bridge.name, cause: [...causes].join(' and '), answered, unanswered };
    });
  }

  async #rules(
    frontends: readonly KernelFrontend[],
    otherDevices: KernelFacts['otherDevices'],
  ): Promise<RuleFact[]> {
    const chains = decodeRuleset(await this.#handle.dumpRuleset());
    const { client } = this.#question;
    const own = new Set(otherDevices.map(({ address }) => address));
    return frontends.flatMap((frontend) => {
      const isLocal = frontend.isBound || own.has(frontend.address);
      return foreignRules(chains, { frontend, isLocal, isGuarded: frontend.isGuarded }, client);
    });
  }

  async #measure(
    frontends: readonly KernelFrontend[],
    { policy }: AddressesAndSets,
  ): Promise<TrafficFacts | undefined> {
    const present = frontends.filter(({ presence }) => presence === 'present').map(({ key }) => key);
    if (present.length === 0) return undefined;
    const before = await this.#traffic.read(policy.owned);
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, MEASURED_MILLISECONDS));
    const after = await this.#traffic.read(policy.owned);
    const facts = present.flatMap((frontend) => {
      const [first, total] = [before.get(frontend), after.get(frontend)];
      return first === undefined || total === undefined
        ? []
        : [{ frontend, total, more: trafficSince(first, total) }];
    });
    return { milliseconds: Math.round(performance.now() - start), frontends: facts };
  }

  async #client(asked: readonly Frontend[]): Promise<ClientFacts | undefined> {
    const { client: address } = this.#question;
    if (address === undefined) return undefined;
    return { address, ...(await readClientEntries(`${NODE_PLACES.proc}/net/ip_vs_conn`, address, asked)) };
  }
}

function isBehind({ subnets }: Bridge, address: Address): boolean {
  return subnets.some((subnet) => cidrContains(subnet, address));
}

function kernelFrontend(
  frontend: Frontend,
  result: LookResult | undefined,
  { bound, policy }: AddressesAndSets,
): KernelFrontend {
  const { key, address } = frontend;
  const isPresent = result?.kind === 'present';
  const owner = policy.owned.get(key)?.owner;
  const { settings, realServers } = isPresent ? result.server : { settings: undefined, realServers: [] };
  return {
    ...frontend,
    isBound: bound.has(address),
    isGuarded: policy.guarded.has(address),
    isOpen: policy.open.has(key),
    owner,
    traffic: TRAFFIC_SETS.filter((set) => policy.traffic[set].has(key)),
    sources: [...(policy.sources.get(key)?.cidrs.keys() ?? [])],
    presence: result?.kind ?? 'unknown',
    isForeign: isPresent && owner === undefined && result.server.untagged === true,
    scheduler: settings?.scheduler,
    persistenceTimeout: settings?.persistenceTimeout ?? 0,
    servers: [...realServers].map(({ key: server, address: pod, port, weight }) => {
      const { active, inactive } = (isPresent ? result.activity.get(server) : undefined) ?? {
        active: 0,
        inactive: 0,
      };
      return { key: server, address: pod, port, weight, active, inactive };
    }),
  };
}

// The dummy device is down, and libuv lists what is up.
function devicesWith(addresses: ReadonlySet<Address>): { address: Address; device: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([device, list]) =>
    (list ?? []).flatMap(({ address: text }) => {
      const address = parseAddress(text.split('%')[0] ?? '');
      return address !== undefined && addresses.has(address) && device !== DEVICE
        ? [{ address, device }]
        : [];
    }),
  );
}
