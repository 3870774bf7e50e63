import { type Dataplane, TRAFFIC_SETS } from '../../model/dataplane.js';
import { addressOf, type FrontendKey } from '../../model/frontend.js';
import { sameSettings, type VirtualServer } from '../../model/virtual-server.js';

export const DIFFERENCES_VERSION = 1;

/** One thing that the kernel has otherwise than it is wanted. */
export interface Difference {
  /** missing: wanted, not in the kernel. extra: in the kernel, not wanted. different: there, but otherwise. */
  readonly change: 'missing' | 'extra' | 'different';
  readonly what:
    | 'virtual server'
    | 'real server'
    | 'VIP'
    | 'guard'
    | 'ledger'
    | 'open'
    | 'traffic'
    | 'source';
  /** What it is about: a frontend, a real server of one, an address. */
  readonly key: string;
  /** `namespace/name:port`; null where no Service is known for it. */
  readonly owner: string | null;
  /** What is wanted, what there is, or why it is there still. */
  readonly detail: string | null;
}

interface ComparedPlanes {
  readonly desired: Dataplane & { holderOf(key: FrontendKey): { readonly owner: string } | undefined };
  readonly kernel: Dataplane & { readonly foreign: ReadonlySet<FrontendKey> };
  /** Frontends with servers that drain: what is extra there goes by itself. */
  readonly draining: ReadonlySet<FrontendKey>;
}

const PER_BATCH = 256;

/** Key by key: what the kernel lacks, has too much, or has otherwise. In batches. */
export function* differences(planes: ComparedPlanes): Generator<Difference[]> {
  let batch: Difference[] = [];
  for (const difference of all(planes)) {
    batch.push(difference);
    if (batch.length < PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

function* all(given: ComparedPlanes): Generator<Difference> {
  const { desired, kernel, draining } = given;
  const planes: Compared = { ...given, drainingVips: new Set([...draining].map(addressOf)) };
  yield* virtualServers(planes);
  yield* keysOf('VIP', desired.bound, kernel.bound, planes);
  yield* keysOf('guard', desired.policy.guarded, kernel.policy.guarded, planes);
  yield* keysOf('ledger', setOf(desired.policy.owned), setOf(kernel.policy.owned), planes);
  yield* keysOf('open', setOf(desired.policy.open), setOf(kernel.policy.open), planes);
  for (const set of TRAFFIC_SETS)
    yield* keysOf(
      'traffic',
      setOf(desired.policy.traffic[set]),
      setOf(kernel.policy.traffic[set]),
      planes,
      set,
    );
  yield* sources(planes);
}

function* virtualServers({ desired, kernel, draining }: ComparedPlanes): Generator<Difference> {
  for (const [key, wanted] of desired.virtualServers) {
    const owner = desired.holderOf(key)?.owner ?? null;
    const found = kernel.virtualServers.get(key);
    if (found !== undefined) yield* serverDifferences(wanted, found, owner, draining.has(key));
    else {
      const detail = kernel.foreign.has(key) ? 'another program has a virtual server there' : null;
      yield { change: 'missing', what: 'virtual server', key, owner, detail };
    }
  }
  for (const key of kernel.virtualServers.keys())
    if (!desired.virtualServers.has(key)) {
      const owner = kernel.policy.owned.get(key)?.owner ?? null;
      const detail = draining.has(key) ? 'drains' : null;
      yield { change: 'extra', what: 'virtual server', key, owner, detail };
    }
}

function* serverDifferences(
  wanted: VirtualServer,
  found: VirtualServer,
  owner: string | null,
  isDraining: boolean,
): Generator<Difference> {
  const { key } = wanted.frontend;
  if (!sameSettings(wanted.settings, found.settings)) {
    const detail = `${settingsText(found)}, wanted ${settingsText(wanted)}`;
    yield { change: 'different', what: 'virtual server', key, owner, detail };
  }
  for (const server of wanted.realServers) {
    const there = found.realServers.find(server);
    const place = { what: 'real server', key: `${key} -> ${server.key}`, owner } as const;
    if (there === undefined) yield { ...place, change: 'missing', detail: null };
    else if (there.weight !== server.weight)
      yield { ...place, change: 'different', detail: `weight ${there.weight}, wanted ${server.weight}` };
  }
  for (const server of found.realServers)
    if (wanted.realServers.find(server) === undefined) {
      const detail = isDraining && server.weight === 0 ? 'drains' : `weight ${server.weight}`;
      yield { change: 'extra', what: 'real server', key: `${key} -> ${server.key}`, owner, detail };
    }
}

function settingsText({ settings }: VirtualServer): string {
  const { scheduler, schedulerFlags, persistenceTimeout } = settings;
  const flags = schedulerFlags === '' ? '' : ` (${schedulerFlags})`;
  return `${scheduler}${flags}${persistenceTimeout === 0 ? '' : ` persistent ${persistenceTimeout} s`}`;
}

interface Compared extends ComparedPlanes {
  readonly drainingVips: ReadonlySet<string>;
}

function* keysOf(
  what: Difference['what'],
  wanted: ReadonlySet<string>,
  found: ReadonlySet<string>,
  { desired, kernel, draining, drainingVips }: Compared,
  detail: string | null = null,
): Generator<Difference> {
  const owner = (key: string) =>
    desired.holderOf(key as FrontendKey)?.owner ?? kernel.policy.owned.get(key as FrontendKey)?.owner ?? null;
  for (const key of wanted)
    if (!found.has(key)) yield { change: 'missing', what, key, owner: owner(key), detail };
  for (const key of found)
    if (!wanted.has(key)) {
      const drains = draining.has(key as FrontendKey) || drainingVips.has(key);
      yield { change: 'extra', what, key, owner: owner(key), detail: drains ? 'drains' : detail };
    }
}

function* sources(planes: Compared): Generator<Difference> {
  const ranges = ({ policy }: Dataplane) =>
    new Set(
      [...policy.sources].flatMap(([key, { cidrs }]) =>
        [...cidrs.keys()].map((cidr) => `${key} from ${cidr}`),
      ),
    );
  yield* keysOf('source', ranges(planes.desired), ranges(planes.kernel), planes);
}

function setOf(map: ReadonlyMap<FrontendKey, unknown>): ReadonlySet<string> {
  return new Set(map.keys());
}
