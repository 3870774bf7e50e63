import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { ClusterView } from '../model/cluster-view.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import type { Frontend, FrontendKey } from '../model/frontend.js';
import type { KernelKeys } from '../model/kernel-keys.js';
import type { Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { UnmetFrontend } from '../model/sync-state.js';
import { type Refusals, refusalText } from './refusals.js';

interface UnmetParts {
  readonly desired: Pick<DesiredDataplane, 'virtualServers' | 'holderOf' | 'lostFrontends'>;
  readonly observed: DataplaneState;
  readonly refusals: Pick<Refusals, 'failureOf' | 'isWaiting'>;
  /** Changed and not performed to the end yet. */
  readonly waiting: Iterable<KernelKeys>;
  /** Its Service has changed and was not worked out yet. */
  readonly isDirty: (service: ServiceKey) => boolean;
}

/**
 * Every frontend that is not as its Service wants it, and why. Walks over all that is wanted: for whoever asks for the
 * status, not for every pass, and in pieces, of which none takes long.
 */
export function* unmetFrontends(parts: UnmetParts): Generator<void, UnmetFrontend[]> {
  const judge = judgeOf(parts);
  const unmet: UnmetFrontend[] = [];
  for (const [key, { frontend }] of parts.desired.virtualServers) {
    const holder = parts.desired.holderOf(key);
    const judged = holder === undefined ? undefined : judge(frontend, holder.service.key);
    if (holder !== undefined && judged !== undefined)
      unmet.push({ frontend, owner: holder.owner, ...judged });
    yield;
  }
  return [...unmet, ...parts.desired.lostFrontends.map(inConflict)];
}

type Judgement = Pick<UnmetFrontend, 'state' | 'reason'>;
type Judge = (frontend: Frontend, service: ServiceKey) => Judgement | undefined;

// What another program holds is reported as that, not as the refusal by which it was found out.
function judgeOf({ observed, refusals, waiting, isDirty }: UnmetParts): Judge {
  const waitingKeys = [...waiting];
  return ({ key, address }, service) => {
    if (observed.foreign.has(key)) return { state: 'foreign', reason: FOREIGN };
    const failure = refusals.failureOf(key, address);
    if (failure !== undefined) return { state: 'refused', reason: refusalText(failure) };
    const isWaiting =
      isDirty(service) ||
      refusals.isWaiting(key) ||
      !observed.virtualServers.has(key) ||
      waitingKeys.some(({ frontends, vips }) => frontends.has(key) || vips.has(address));
    return isWaiting ? { state: 'pending' } : undefined;
  };
}

const FOREIGN = 'A virtual server that this program did not make has it.';

type Lost = DesiredDataplane['lostFrontends'][number];

function inConflict({ frontend, owner, winner }: Lost): UnmetFrontend {
  return { frontend, owner, state: 'conflict', reason: `Service ${winner} has it.` };
}

/**
 * ClusterIPs and NodePorts of Services that another program's virtual servers hold on this node. The API server hands
 * them out, so that no Service can be made to ask for them; at other addresses anybody who may create Services could,
 * and a node that told of those as not ready would let anybody hold up a roll-out.
 */
export function withheldFrontends(
  desired: DesiredDataplane,
  view: Pick<ClusterView, 'look'>,
  { foreign }: Pick<ObservedDataplane, 'foreign'>,
): FrontendKey[] {
  return [...foreign].filter((key) => {
    const frontend = desired.virtualServers.get(key)?.frontend;
    const service = desired.serviceOf(key);
    if (frontend === undefined || service === undefined) return false;
    const asked = view.look(service).service;
    return asked !== undefined && isAllocated(asked, frontend);
  });
}

function isAllocated(service: Service, { address, port }: { address: string; port: number }): boolean {
  const { clusterIPs, externalIPs, loadBalancerIPs, ports } = service;
  if (clusterIPs.some((ip) => ip === address)) return true;
  if ([...externalIPs, ...loadBalancerIPs].some((ip) => ip === address)) return false;
  return ports.some(({ nodePort }) => nodePort === port);
}
