import { translateEndpointSlice } from '../../api-objects/endpoint-slice.js';
import { triggerTime } from '../../api-objects/metadata.js';
import { translateNode } from '../../api-objects/node.js';
import { translateService } from '../../api-objects/service.js';
import { translateServiceCIDR } from '../../api-objects/service-cidr.js';
import type { Translation } from '../../api-objects/translation.js';
import type { EndpointPort, EndpointSlice } from '../../model/endpoint-slice.js';
import type { NodeRecord } from '../../model/node.js';
import type { Service } from '../../model/service.js';
import { isRecord } from './api-answer.js';
import type { Projection } from './object-store.js';

/** From the object as the API sent it to what is kept of it, for each resource. None of them throws. */

export function projectService(object: unknown, proxyName: string | undefined): Projection<Service> {
  return projectionOf(object, translateService(object, proxyName));
}

export function projectSlice(
  object: unknown,
  proxyName: string | undefined,
  shared: SharedParts,
): Projection<EndpointSlice> {
  const projection = projectionOf(object, translateEndpointSlice(object, proxyName));
  const record = projection.record && shared.inSlice(projection.record);
  return { ...projection, record, triggered: triggerTime(object) };
}

export function projectNode(object: unknown): Projection<NodeRecord> {
  const { node, problems } = translateNode(object);
  return { key: node?.name, uid: uidOf(object), record: node, problems };
}

export function projectServiceCIDR(object: unknown): Projection<readonly string[]> {
  const { name, cidrs, problems } = translateServiceCIDR(object);
  return { key: name, uid: uidOf(object), record: cidrs, problems };
}

function projectionOf<R>(object: unknown, translation: Translation<R>): Projection<R> {
  const { identity, problems } = translation;
  return {
    key: identity && `${identity.namespace}/${identity.name}`,
    uid: uidOf(object),
    record: translation.kind === 'translated' ? translation.record : undefined,
    problems,
  };
}

function uidOf(object: unknown): string {
  const metadata = isRecord(object) ? object.metadata : undefined;
  return isRecord(metadata) && typeof metadata.uid === 'string' ? metadata.uid : '';
}

/** Port lists, and names, that are shared at most. */
const MOST = 20_000;

/**
 * What thousands of slices repeat, kept once: names of nodes, and port lists, which are the same in all slices of most
 * clusters. Without it every endpoint has a copy of its own, since each comes from a text of its own.
 */
export class SharedParts {
  readonly #texts = new Map<string, string>();
  readonly #ports = new Map<string, readonly EndpointPort[]>();

  inSlice(slice: EndpointSlice): EndpointSlice {
    const endpoints = slice.endpoints.map((endpoint) =>
      endpoint.node === undefined ? endpoint : { ...endpoint, node: this.#text(endpoint.node) },
    );
    return { ...slice, ports: this.#portList(slice.ports), endpoints };
  }

  #text(text: string): string {
    return keptOr(this.#texts, text, text);
  }

  #portList(ports: readonly EndpointPort[]): readonly EndpointPort[] {
    return keptOr(this.#ports, JSON.stringify(ports), ports);
  }
}

function keptOr<V>(kept: Map<string, V>, key: string, value: V): V {
  const known = kept.get(key);
  if (known !== undefined) return known;
  // Nodes that are long gone must not stay for ever. To begin anew costs a second copy of what is in use, once.
  if (kept.size === MOST) kept.clear();
  kept.set(key, value);
  return value;
}
