import type { ClaimKind } from '../../model/claim.js';
import type { DataplaneActivity } from '../../model/counters.js';
import type { Dataplane } from '../../model/dataplane.js';
import type { EndpointSlice } from '../../model/endpoint-slice.js';
import type { Frontend, FrontendKey } from '../../model/frontend.js';
import type { Service } from '../../model/service.js';
import type { ServiceKey } from '../../model/service-key.js';
import type { DrainState, UnmetFrontend } from '../../model/sync-state.js';
import type { VirtualServer } from '../../model/virtual-server.js';

/** What the kernel has of the frontends that are listed. */
export interface ListedKernel {
  readonly dataplane: Pick<Dataplane, 'virtualServers' | 'policy'>;
  readonly activity: DataplaneActivity;
  readonly foreign: readonly VirtualServer[];
}

/** What only the running agent knows. */
export interface ListedAgent {
  /** What this program wrote and the kernel has acknowledged. */
  readonly image: Pick<Dataplane, 'virtualServers'>;
  readonly desired: Pick<Dataplane, 'virtualServers'> & {
    holderOf(key: FrontendKey): ListedClaim | undefined;
  };
  /** Frontends that refuse connections because their Service has no usable endpoint. */
  readonly withoutEndpoints: readonly {
    readonly frontend: Frontend;
    readonly owner: string;
    readonly offered?: string;
  }[];
  /** Frontends that are left to a process of the node that listens there. */
  readonly nodeLocal: readonly { readonly frontend: Frontend; readonly owner: string }[];
  readonly unmet: readonly UnmetFrontend[];
  readonly drains: readonly DrainState[];
  slicesOf(service: ServiceKey): readonly EndpointSlice[];
  /** This node's name. */
  readonly node: string | undefined;
}

/** A frontend as its Service asks for it. */
export interface ListedClaim {
  readonly owner: string;
  readonly service: Pick<Service, 'key' | 'ports' | 'internalPolicy' | 'externalPolicy'>;
  readonly kind: ClaimKind;
  readonly portIndex: number;
}

export type RowFilter = (row: { readonly owner: string | undefined; readonly frontend: Frontend }) => boolean;

/** Where a row comes from: what the kernel has there, and what a Service wants there. */
export interface RowPlace {
  readonly frontend: Frontend;
  readonly owner: string | undefined;
  readonly server: VirtualServer | undefined;
  readonly isForeign: boolean;
  /** Of a Service that does not have the frontend as it wants it. */
  readonly unmet: UnmetFrontend | undefined;
  readonly offered: string | undefined;
  readonly isNodeLocal: boolean;
}

const NOTHING = {
  owner: undefined,
  server: undefined,
  isForeign: false,
  unmet: undefined,
  offered: undefined,
  isNodeLocal: false,
} as const;

/** Every place that is asked for, in the order of Services and frontends. */
export function rowPlaces(parts: PlaceParts): RowPlace[] {
  return [...allPlaces(parts)].filter(parts.filter).sort(byOwnerAndFrontend);
}

interface PlaceParts {
  readonly kernel: ListedKernel;
  readonly agent: ListedAgent | undefined;
  readonly filter: RowFilter;
}

function* allPlaces(parts: PlaceParts): Generator<RowPlace> {
  const { kernel, agent } = parts;
  const unmetPlaces = new Map<FrontendKey, UnmetFrontend>();
  for (const one of agent?.unmet ?? []) if (one.state !== 'conflict') unmetPlaces.set(one.frontend.key, one);
  for (const server of kernel.dataplane.virtualServers.values()) {
    const { frontend } = server;
    const owner = kernel.dataplane.policy.owned.get(frontend.key)?.owner;
    yield { ...NOTHING, frontend, owner, server, unmet: unmetPlaces.get(frontend.key) };
  }
  for (const server of kernel.foreign) {
    const { frontend } = server;
    const unmet = unmetPlaces.get(frontend.key);
    yield { ...NOTHING, frontend, owner: unmet?.owner, server, isForeign: true, unmet };
  }
  if (agent !== undefined) yield* absentPlaces(agent, kernel, unmetPlaces);
}

// What a Service wants and the kernel does not have, and what it may not have since another Service has it.
function* absentPlaces(
  agent: ListedAgent,
  kernel: ListedKernel,
  unmetPlaces: ReadonlyMap<FrontendKey, UnmetFrontend>,
): Generator<RowPlace> {
  const foreign = new Set(kernel.foreign.map(({ frontend }) => frontend.key));
  const has = ({ key }: Frontend) => kernel.dataplane.virtualServers.has(key) || foreign.has(key);
  for (const unmet of agent.unmet) {
    const { frontend, owner, state } = unmet;
    if (state === 'conflict' || !has(frontend)) yield { ...NOTHING, frontend, owner, unmet };
  }
  for (const { frontend, owner, offered } of agent.withoutEndpoints)
    if (!has(frontend)) yield { ...NOTHING, frontend, owner, offered };
  for (const { frontend, owner } of agent.nodeLocal)
    if (!has(frontend)) yield { ...NOTHING, frontend, owner, isNodeLocal: true };
  for (const [key, { frontend }] of agent.image.virtualServers)
    if (!has(frontend) && !unmetPlaces.has(key))
      yield { ...NOTHING, frontend, owner: agent.desired.holderOf(key)?.owner };
}

function byOwnerAndFrontend(a: RowPlace, b: RowPlace): number {
  return compare(a.owner ?? '~', b.owner ?? '~') || compare(a.frontend.key, b.frontend.key);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
