import type {
  DataplaneActivity,
  DataplaneTraffic,
  FrontendActivity,
  LookResult,
} from '../../model/counters.js';
import type { Dataplane } from '../../model/dataplane.js';
import {
  type AddressAndPort,
  addressAndPort,
  type Frontend,
  type FrontendKey,
} from '../../model/frontend.js';
import { keyParts, serviceOfOwner } from '../../model/service-key.js';
import type { VirtualServer } from '../../model/virtual-server.js';
import type { FrontendRow } from './frontend-row.js';
import { frontendRows } from './frontend-rows.js';
import type { ListedAgent, ListedKernel, RowFilter } from './row-places.js';

export interface ListingParts {
  /** One full look at the kernel. */
  observe(): Promise<ListedKernel>;
  /** A look at some virtual servers, in the order asked. */
  look(frontends: readonly Frontend[]): Promise<readonly LookResult[]>;
  traffic(): Promise<DataplaneTraffic>;
  /** What the agent knows now. */
  agent(): ListedAgent & { readonly policy: Dataplane['policy'] };
}

/** What is asked of a listing, as it goes over the admin socket. */
export interface ListingQuery {
  /** `namespace/name`, `name` or an address; undefined for all. */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly vip?: string | undefined;
  readonly servers?: '1' | undefined;
  readonly traffic?: '1' | undefined;
}

/** Beyond so many, one look at everything costs less than a look at each. */
const MOST_LOOKS = 256;

/** The rows of a listing as the running agent and the kernel have them now. */
export async function* listing(query: ListingQuery, parts: ListingParts): AsyncGenerator<FrontendRow[]> {
  const filter = rowFilter(query);
  const withServers = query.servers === '1';
  const traffic = query.traffic === '1' ? await parts.traffic() : undefined;
  const kernel = await kernelFor(query, filter, parts);
  for await (const rows of frontendRows({ kernel, agent: parts.agent(), traffic, filter, withServers })) {
    const doubtful = new Set(rows.filter(({ state }) => state === 'drift').map(({ frontend }) => frontend));
    yield doubtful.size === 0 ? rows : await lookAgain(rows, doubtful, { traffic, withServers }, parts);
  }
}

/**
 * A pass may have written between the look at the kernel and the question what was written: what is still another after
 * a second look is drift.
 */
async function lookAgain(
  rows: readonly FrontendRow[],
  doubtful: ReadonlySet<FrontendKey>,
  asked: { readonly traffic: DataplaneTraffic | undefined; readonly withServers: boolean },
  parts: ListingParts,
): Promise<FrontendRow[]> {
  const frontends = wantedFrontends(parts.agent(), ({ frontend }) => doubtful.has(frontend.key));
  const kernel = await seenKernel(frontends, parts);
  const agent = parts.agent();
  const filter: RowFilter = ({ frontend }) => doubtful.has(frontend.key);
  const again = new Map<FrontendKey, FrontendRow>();
  for await (const batch of frontendRows({ kernel, agent, filter, ...asked }))
    for (const row of batch) again.set(row.frontend, row);
  return rows.flatMap((row) => (doubtful.has(row.frontend) ? (again.get(row.frontend) ?? []) : row));
}

// Of a few Services their frontends alone are looked at.
async function kernelFor(query: ListingQuery, filter: RowFilter, parts: ListingParts): Promise<ListedKernel> {
  if (query.name === undefined || addressAndPort(query.name) !== undefined) return parts.observe();
  const frontends = wantedFrontends(parts.agent(), filter);
  return frontends.length > MOST_LOOKS ? parts.observe() : seenKernel(frontends, parts);
}

function wantedFrontends(
  { image, desired, policy, unmet }: ReturnType<ListingParts['agent']>,
  filter: RowFilter,
): Frontend[] {
  const found = new Map<FrontendKey, Frontend>();
  const add = (frontend: Frontend) => {
    const owner = desired.holderOf(frontend.key)?.owner ?? policy.owned.get(frontend.key)?.owner;
    if (filter({ owner, frontend })) found.set(frontend.key, frontend);
  };
  for (const { frontend } of image.virtualServers.values()) add(frontend);
  for (const { frontend } of desired.virtualServers.values()) add(frontend);
  for (const { frontend } of unmet) add(frontend);
  return [...found.values()];
}

async function seenKernel(frontends: readonly Frontend[], parts: ListingParts): Promise<ListedKernel> {
  const results = await parts.look(frontends);
  const { policy } = parts.agent();
  const virtualServers = new Map<FrontendKey, VirtualServer>();
  const activity: Map<FrontendKey, FrontendActivity> & DataplaneActivity = new Map();
  const foreign: VirtualServer[] = [];
  for (const [index, { key }] of frontends.entries()) {
    const result = results[index];
    if (result?.kind === 'unknown')
      throw new Error(`the kernel did not answer about ${key} (${result.code})`);
    if (result?.kind !== 'present') continue;
    activity.set(key, result.activity);
    if (result.server.untagged === undefined || policy.owned.has(key)) virtualServers.set(key, result.server);
    else foreign.push(result.server);
  }
  return { dataplane: { virtualServers, policy }, activity, foreign };
}

/** Whether a row is asked for. A name without a namespace is that name in every namespace, or an address. */
export function rowFilter({ name, namespace, vip }: ListingQuery): RowFilter {
  const address = name === undefined ? undefined : addressAndPort(name);
  const vipAddress = vip === undefined ? undefined : addressAndPort(vip);
  return ({ owner, frontend }) => {
    const its = keyParts(serviceOfOwner(owner ?? ''));
    if (namespace !== undefined && its.namespace !== namespace) return false;
    if (vip !== undefined && (vipAddress === undefined || !isAt(frontend, vipAddress))) return false;
    if (address !== undefined) return isAt(frontend, address);
    return name === undefined || name === its.name || name === `${its.namespace}/${its.name}`;
  };
}

function isAt(frontend: Frontend, { address, port }: AddressAndPort): boolean {
  return frontend.address === address && (port === undefined || frontend.port === port);
}

/** The query as it came over the socket. */
export function listingQuery(given: URLSearchParams): ListingQuery {
  const text = (key: string) => given.get(key) ?? undefined;
  const flag = (key: string) => (given.get(key) === '1' ? ('1' as const) : undefined);
  return {
    name: text('name'),
    namespace: text('namespace'),
    vip: text('vip'),
    servers: flag('servers'),
    traffic: flag('traffic'),
  };
}
