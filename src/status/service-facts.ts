import { type Address, type Family, parseAddress } from '../model/address.js';
import type { ClaimKind } from '../model/claim.js';
import type { ClusterSource, LiveLook } from '../model/cluster-source.js';
import type { TrafficSet } from '../model/dataplane.js';
import type { EndpointSlice } from '../model/endpoint-slice.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { Service } from '../model/service.js';
import type {
  AgentFacts,
  DesiredServer,
  EndpointFacts,
  FrontendFacts,
  HeldAddress,
  KnownService,
  ServiceAnswer,
  ServiceFacts,
} from '../model/service-facts.js';
import { keyParts, type ServiceKey, serviceOfOwner } from '../model/service-key.js';
import type { SyncState, UnmetFrontend } from '../model/sync-state.js';
import type { VirtualServer } from '../model/virtual-server.js';

/** One frontend that a Service asks for, as it was decided. */
interface DecidedClaim {
  readonly service: Pick<Service, 'key' | 'ports'>;
  readonly frontend: Frontend;
  readonly kind: ClaimKind;
  readonly portIndex: number;
  readonly virtualServer: VirtualServer | undefined;
  readonly offered?: string;
  readonly traffic: readonly TrafficSet[];
  readonly sources: ReadonlyMap<string, unknown>;
  readonly inside?: DecidedClaim;
}

interface ServiceFactsParts {
  readonly version: string;
  readonly source: Pick<ClusterSource, 'view' | 'lookUp'>;
  readonly desired: {
    readonly place: {
      readonly name: string | undefined;
      readonly zone: string | undefined;
      readonly families: readonly Family[];
    };
    readonly bound: ReadonlySet<Address>;
    claimsOf(service: ServiceKey): readonly DecidedClaim[];
    serviceOf(key: FrontendKey): ServiceKey | undefined;
    heldElsewhere(addresses: readonly Address[], service: ServiceKey): readonly HeldAddress[];
  };
  readonly state: () => SyncState;
  readonly unmet: () => readonly UnmetFrontend[];
}

/**
 * Everything the agent knows of one Service, for whoever asks why it does not work. `query`: `name=NAMESPACE/NAME`, or
 * `address` and, if the address alone is not enough, `port`.
 */
export async function serviceAnswer(
  query: URLSearchParams,
  parts: ServiceFactsParts,
): Promise<ServiceAnswer> {
  const { source } = parts;
  const address = parseAddress(query.get('address') ?? '');
  const port = Number(query.get('port') ?? 0);
  const name =
    address === undefined ? (query.get('name') as ServiceKey | null) : serviceAt(address, port, parts);
  const { look, sourceAway } = await lookUp(name ?? undefined, source);
  const agent = agentFacts(parts, sourceAway);
  const isKnown = name !== null && name !== undefined && source.view.keys().has(name);
  if (name === null || name === undefined || (!isKnown && look?.service === undefined))
    return {
      version: 1,
      agent,
      found: undefined,
      nearest: name ? nearestServices(name, source.view.keys()) : [],
    };
  return { version: 1, agent, found: serviceFacts(name, look, parts), nearest: [] };
}

async function lookUp(
  service: ServiceKey | undefined,
  source: ServiceFactsParts['source'],
): Promise<{ readonly look: LiveLook | undefined; readonly sourceAway: string | undefined }> {
  try {
    const look = service === undefined ? undefined : await source.lookUp?.(service);
    return { look, sourceAway: undefined };
  } catch (error) {
    return { look: undefined, sourceAway: error instanceof Error ? error.message : String(error) };
  }
}

function agentFacts(
  { version, desired, state }: ServiceFactsParts,
  sourceAway: string | undefined,
): AgentFacts {
  const { complete, synced, auditRound } = state();
  const { name, zone, families } = desired.place;
  const auditRoundSeconds = Math.round(auditRound / 1000);
  return { version, node: name, zone, families, complete, synced, sourceAway, auditRoundSeconds };
}

/** Who has a frontend there; else who asks for the address and may not have it. */
function serviceAt(
  address: Address,
  port: number,
  { source, desired }: ServiceFactsParts,
): ServiceKey | undefined {
  let claimant: ServiceKey | undefined;
  for (const key of source.view.keys()) {
    for (const { frontend } of desired.claimsOf(key)) {
      if (frontend.address !== address || (port !== 0 && frontend.port !== port)) continue;
      if (desired.serviceOf(frontend.key) === key) return key;
    }
    const { service } = source.view.look(key);
    if (service !== undefined && addressesOf(service).includes(address)) claimant ??= key;
  }
  return claimant;
}

function addressesOf({ clusterIPs, externalIPs, loadBalancerIPs }: Service): Address[] {
  return [...clusterIPs, ...externalIPs, ...loadBalancerIPs];
}

function serviceFacts(key: ServiceKey, look: LiveLook | undefined, parts: ServiceFactsParts): ServiceFacts {
  const { service, slices } = parts.source.view.look(key);
  const { problems, drains } = parts.state();
  const claims = parts.desired
    .claimsOf(key)
    .flatMap((claim) => (claim.inside ? [claim, claim.inside] : [claim]));
  const unmet = new Map(
    parts
      .unmet()
      .flatMap((entry) => (serviceOfOwner(entry.owner) === key ? [[entry.frontend.key, entry]] : [])),
  );
  const keys = new Set(claims.map(({ frontend }) => frontend.key));
  return {
    service: key,
    known: service && knownService(service),
    live: look?.service,
    isBehind: look?.isBehind ?? false,
    slices: slices.length,
    endpoints: slices.flatMap(endpointsOf),
    frontends: claims.map((claim) => frontendFacts(claim, unmet.get(claim.frontend.key), key, parts)),
    heldElsewhere: service === undefined ? [] : parts.desired.heldElsewhere(addressesOf(service), key),
    problems: problems.filter((problem) => problem.service === key),
    drains: drains.filter(({ frontend }) => keys.has(frontend)),
  };
}

function knownService(service: Service): KnownService {
  const { clusterIPs, externalIPs, loadBalancerIPs, internalPolicy, externalPolicy, affinityTimeout } =
    service;
  const ports = service.ports.map(({ name, protocol, port, nodePort }) => ({
    name,
    protocol,
    port,
    nodePort,
  }));
  const sourceRanges = service.sourceRanges.map(({ text }) => text);
  return {
    clusterIPs,
    externalIPs,
    loadBalancerIPs,
    ports,
    internalPolicy,
    externalPolicy,
    affinityTimeout,
    sourceRanges,
  };
}

function endpointsOf({ key, family, ports, endpoints }: EndpointSlice): EndpointFacts[] {
  return Array.from(
    endpoints,
    ({ address, node, zone, ready, serving, terminating, zoneHints, nodeHints }) => ({
      slice: key,
      family,
      address,
      node,
      zone,
      ready,
      serving,
      terminating,
      zoneHints: zoneHints ?? [],
      nodeHints: nodeHints ?? [],
      ports,
    }),
  );
}

function frontendFacts(
  { frontend, kind, portIndex, virtualServer, offered, traffic, sources, service }: DecidedClaim,
  unmet: UnmetFrontend | undefined,
  key: ServiceKey,
  { desired }: ServiceFactsParts,
): FrontendFacts {
  const holder = desired.serviceOf(frontend.key);
  const isLost = holder !== undefined && holder !== key;
  const standing = traffic.includes('node-local') ? 'node-local' : 'programmed';
  const { address, port, protocol, mark } = frontend;
  return {
    key: frontend.key,
    address,
    port,
    protocol,
    mark,
    kind,
    portName: service.ports[portIndex]?.name ?? '',
    state: isLost ? 'conflict' : (unmet?.state ?? standing),
    reason: unmet?.reason,
    holder: isLost ? holder : undefined,
    desired: virtualServer && desiredServer(virtualServer),
    traffic,
    sources: traffic.includes('restricted') ? [...sources.keys()] : undefined,
    offered,
    isBound: desired.bound.has(address),
  };
}

function desiredServer({ settings, realServers }: VirtualServer): DesiredServer {
  const { scheduler, persistenceTimeout } = settings;
  const servers = [...realServers].map(({ key, weight }) => ({ key, weight }));
  return { scheduler, persistenceTimeout, servers };
}

const MOST_NAMED = 5;
/** Edits of a name after which it may still have been meant. */
const MOST_EDITS = 3;

/**
 * The Services that somebody may have meant: of that name in another namespace, or with a few typing errors in it.
 */
export function nearestServices(wanted: ServiceKey, all: Iterable<ServiceKey>): ServiceKey[] {
  const { namespace, name } = keyParts(wanted);
  const near: { readonly key: ServiceKey; readonly edits: number }[] = [];
  for (const key of all) {
    const its = keyParts(key);
    const edits = editDistance(name, its.name);
    const isNear = edits <= Math.min(MOST_EDITS, Math.floor(name.length / 3)) || its.name.includes(name);
    // Another namespace is half an edit: the same name elsewhere comes before another name here.
    if (isNear) near.push({ key, edits: edits + (namespace === its.namespace ? 0 : 0.5) });
  }
  near.sort((a, b) => a.edits - b.edits || (a.key < b.key ? -1 : 1));
  return near.slice(0, MOST_NAMED).map(({ key }) => key);
}

/** Letters to put in, leave out or exchange (Levenshtein); two that changed places are one edit. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_EDITS) return MOST_EDITS + 1;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const exchanged = (last[j - 1] ?? 0) + (isSame ? 0 : 1);
      let edits = Math.min(exchanged, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
