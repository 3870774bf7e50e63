import { HEADLESS, PROXY_NAME } from '../../api-objects/metadata.js';

/** One kind of object that is followed, and which of them. */
export interface Resource {
  /** In the plural and in small letters, as paths and RBAC rules spell it. */
  readonly name: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** A server without it is in order: then it is asked for again after a long time only. */
  readonly optional?: boolean;
}

/** Objects a page: what client-go asks for. */
const PAGE = 500;

/** Where in the server's history something begins; empty for "now, and surely not earlier". */
export type Version = string;

/** `services`, `endpointslices.discovery.k8s.io`. */
export function fullName({ name, group }: Resource): string {
  return group === '' ? name : `${name}.${group}`;
}

/**
 * Whether `version` lies before `other`. Those of the API server are numbers that grow (KEP-5504); of others nothing is
 * known.
 */
export function isBefore(version: Version, other: Version): boolean {
  const areNumbers = /^\d+$/.test(version) && /^\d+$/.test(other);
  return areNumbers && BigInt(version) < BigInt(other);
}

/** The smallest answer that shows where the server's history is now: a page of one object. */
export function versionPath(resource: Resource): string {
  return withQuery(resource, { limit: '1', resourceVersion: '' });
}

export function pagePath(resource: Resource, from: { version: Version } | { continueAt: string }): string {
  const where = 'version' in from ? { resourceVersion: from.version } : { continue: from.continueAt };
  return withQuery(resource, { limit: String(PAGE), ...where });
}

/** A page of the table that `kubectl get -o wide` shows, without the objects themselves. */
export function tablePath(resource: Resource, from: { version: Version } | { continueAt: string }): string {
  return `${pagePath(resource, from)}&includeObject=None`;
}

export function watchPath(resource: Resource, version: Version, seconds: number): string {
  return withQuery(resource, { ...watching(seconds), resourceVersion: version });
}

/** A watch that begins with all there is (WatchList, KEP-3157). A server that does not know it refuses the match. */
export function watchListPath(resource: Resource, version: Version, seconds: number): string {
  const initial = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
  return withQuery(resource, { ...watching(seconds), ...initial, resourceVersion: version });
}

function watching(seconds: number): Record<string, string> {
  return { watch: '1', allowWatchBookmarks: 'true', timeoutSeconds: String(seconds) };
}

function withQuery(
  { path, labelSelector, fieldSelector }: Resource,
  parameters: Record<string, string>,
): string {
  const query = new URLSearchParams(parameters);
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
  return `${path}?${query}`;
}

/** What is asked of the API server: nothing that this proxy would leave alone anyway. */

export function services(proxyName: string | undefined): Resource {
  const labelSelector = `!${HEADLESS},${proxySelector(proxyName)}`;
  return { name: 'services', group: '', path: '/api/v1/services', labelSelector };
}

/** The control plane copies both labels from Services; a slice made by hand has to carry them. */
export function endpointSlices(proxyName: string | undefined): Resource {
  return {
    name: 'endpointslices',
    group: 'discovery.k8s.io',
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    labelSelector: `!${HEADLESS},${proxySelector(proxyName)}`,
  };
}

/** Only this one: all Nodes together change many times a second in a large cluster. */
export function oneNode(name: string): Resource {
  return { name: 'nodes', group: '', path: '/api/v1/nodes', fieldSelector: `metadata.name=${name}` };
}

/** Not followed, for that reason, but looked at seldom: decision 10. */
export const ALL_NODES: Resource = { name: 'nodes', group: '', path: '/api/v1/nodes' };

/** Since Kubernetes 1.33; older servers do not have it. */
export const SERVICE_CIDRS: Resource = {
  name: 'servicecidrs',
  group: 'networking.k8s.io',
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  optional: true,
};

function proxySelector(proxyName: string | undefined): string {
  return proxyName === undefined ? `!${PROXY_NAME}` : `${PROXY_NAME}=${proxyName}`;
}
