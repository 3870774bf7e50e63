import { translateEndpointSlice } from '../../api-objects/endpoint-slice.js';
import { triggerTime } from '../../api-objects/metadata.js';
import { translateNode } from '../../api-objects/node.js';
import { translateService } from '../../api-objects/service.js';
import { translateServiceCIDR } from '../../api-objects/service-cidr.js';
import type { Translation } from '../../api-objects/translation.js';
import type { EndpointSlice } from '../../model/endpoint-slice.js';
import { isMapping } from '../../model/mapping.js';
import type { NodeRecord } from '../../model/node.js';
import type { Service } from '../../model/service.js';
import { objectName } from '../../model/service-key.js';
import type { Projection } from './object-store.js';

/** From the object as the API sent it to what is kept of it, for each resource. None of them throws. */

export function projectService(object: unknown, proxyName: string | undefined): Projection<Service> {
  return projectionOf(object, translateService(object, proxyName));
}

export function projectSlice(object: unknown, proxyName: string | undefined): Projection<EndpointSlice> {
  const projection = projectionOf(object, translateEndpointSlice(object, proxyName));
  return { ...projection, triggered: triggerTime(object) };
}

export function projectNode(object: unknown): Projection<NodeRecord> {
  const { node, problems } = translateNode(object);
  return { key: node?.name, uid: uidOf(object), record: node, problems };
}

export function projectServiceCIDR(object: unknown): Projection<readonly string[]> {
  const { name, cidrs, problems } = translateServiceCIDR(object);
  return { key: name, uid: uidOf(object), record: cidrs, problems };
}

function projectionOf<R extends { readonly key: string }>(
  object: unknown,
  translation: Translation<R>,
): Projection<R> {
  const { identity, problems } = translation;
  const record = translation.kind === 'translated' ? translation.record : undefined;
  return {
    key: record?.key ?? (identity && objectName(identity.namespace, identity.name)),
    uid: uidOf(object),
    record,
    problems,
  };
}

function uidOf(object: unknown): string {
  const metadata = isMapping(object) ? object.metadata : undefined;
  return isMapping(metadata) && typeof metadata.uid === 'string' ? metadata.uid : '';
}
