import { isDeepStrictEqual } from 'node:util';
import { liveService } from '../api-objects/service.js';
import type { Clock } from '../model/clock.js';
import type { LiveLook } from '../model/cluster-source.js';
import type { ServiceView } from '../model/cluster-view.js';
import { isMapping } from '../model/mapping.js';
import { keyParts, type ServiceKey } from '../model/service-key.js';
import type { ApiTransport } from './transport/api-transport.js';
import { expectJson, parseJson } from './watch/api-answer.js';
import { projectService, projectSlice } from './watch/projections.js';
import { endpointSlices, type Resource, services } from './watch/resource.js';

/** Milliseconds for both answers; a person waits for them. */
const PATIENCE = 3_000;
/** Milliseconds that the event of a change may take to arrive. */
const EVENT_DELAY = 1_000;
/** Bytes of one answer: a Service with a thousand slices of a hundred endpoints has 30 MB, and is compared no more. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

interface LookUpParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly proxyName: string | undefined;
  /** What was received of the Service so far. */
  readonly look: (service: ServiceKey) => ServiceView;
}

/**
 * Asks the API server for one Service and its slices at this moment, and whether they are what was received. By list
 * and field selector: the role of a proxy may list, and not get. The Service is asked for whatever its labels are,
 * since one that was given to another proxy is never received.
 */
export async function lookUpService(key: ServiceKey, parts: LookUpParts): Promise<LiveLook> {
  const first = await compare(key, parts);
  if (!first.isBehind) return first;
  await new Promise<void>((resolve) => void parts.clock.after(EVENT_DELAY, resolve));
  return compare(key, parts);
}

async function compare(key: ServiceKey, parts: LookUpParts): Promise<LiveLook> {
  const { clock, proxyName } = parts;
  const abort = new AbortController();
  const cancel = clock.after(PATIENCE, () => abort.abort());
  try {
    const [found, slices] = await Promise.all([
      listed(oneService(key), parts, abort.signal),
      listed(itsSlices(key, proxyName), parts, abort.signal),
    ]);
    const [object] = found ?? [];
    const service = object === undefined ? undefined : liveService(object, proxyName);
    return { service, isBehind: slices !== undefined && isOther(key, object, slices, parts) };
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    throw new Error(`it has not answered for ${PATIENCE / 1000} s`, { cause: error });
  } finally {
    cancel();
  }
}

function isOther(
  key: ServiceKey,
  object: unknown,
  slices: readonly unknown[],
  { proxyName, look }: LookUpParts,
): boolean {
  const known = look(key);
  const service = object === undefined ? undefined : projectService(object, proxyName).record;
  if (!isDeepStrictEqual(service, known.service)) return true;
  const records = slices.flatMap((slice) => projectSlice(slice, proxyName).record ?? []);
  const sorted = (all: ServiceView['slices']) => all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return !isDeepStrictEqual(sorted(records), sorted(known.slices));
}

/** Undefined where the answer is too long to be looked at. */
async function listed(
  resource: Resource,
  { transport }: LookUpParts,
  signal: AbortSignal,
): Promise<readonly unknown[] | undefined> {
  const query = new URLSearchParams();
  if (resource.labelSelector !== undefined) query.set('labelSelector', resource.labelSelector);
  if (resource.fieldSelector !== undefined) query.set('fieldSelector', resource.fieldSelector);
  const response = await transport.request({ method: 'GET', path: `${resource.path}?${query}` }, signal);
  await expectJson(response, { resource, verb: 'list' });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    if (length > LONGEST_ANSWER) return undefined;
    pieces.push(piece);
  }
  const list = parseJson(Buffer.concat(pieces));
  return isMapping(list) && Array.isArray(list.items) ? list.items : [];
}

function oneService(key: ServiceKey): Resource {
  const { namespace, name } = keyParts(key);
  const fieldSelector = `metadata.name=${name}`;
  return { name: 'services', group: '', path: inNamespace(services(undefined), namespace), fieldSelector };
}

function itsSlices(key: ServiceKey, proxyName: string | undefined): Resource {
  const { namespace, name } = keyParts(key);
  const all = endpointSlices(proxyName);
  const labelSelector = `${all.labelSelector},kubernetes.io/service-name=${name}`;
  return { ...all, path: inNamespace(all, namespace), labelSelector };
}

function inNamespace({ path, name }: Resource, namespace: string): string {
  return `${path.slice(0, -name.length)}namespaces/${encodeURIComponent(namespace)}/${name}`;
}
