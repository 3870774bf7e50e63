/** The kinds of objects that a proxy reads, the one that it writes, and those that it is installed with. */
export type ResourceName =
  | 'services'
  | 'endpointslices'
  | 'nodes'
  | 'servicecidrs'
  | 'events'
  | 'clusterrolebindings'
  | 'clusterroles'
  | 'configmaps'
  | 'daemonsets'
  | 'pods'
  | 'pods/exec'
  | 'serviceaccounts';

export interface Resource {
  readonly name: ResourceName;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export const RESOURCES: readonly Resource[] = [
  { name: 'services', group: '', version: 'v1', kind: 'Service' },
  { name: 'endpointslices', group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
  { name: 'nodes', group: '', version: 'v1', kind: 'Node' },
  { name: 'servicecidrs', group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR' },
  { name: 'events', group: '', version: 'v1', kind: 'Event' },
  { name: 'events', group: 'events.k8s.io', version: 'v1', kind: 'Event' },
  {
    name: 'clusterrolebindings',
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind: 'ClusterRoleBinding',
  },
  { name: 'clusterroles', group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' },
  { name: 'configmaps', group: '', version: 'v1', kind: 'ConfigMap' },
  { name: 'daemonsets', group: 'apps', version: 'v1', kind: 'DaemonSet' },
  { name: 'pods', group: '', version: 'v1', kind: 'Pod' },
  { name: 'serviceaccounts', group: '', version: 'v1', kind: 'ServiceAccount' },
];

/** `v1` or `discovery.k8s.io/v1`. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** What a request's path names. */
export interface Subject {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const PATH =
  /^(?:\/api|\/apis\/(?<group>[^/]+))\/(?<version>[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?$/;

export function subjectOf(path: string): Subject | undefined {
  const { group = '', version, namespace, resource: wanted, name } = PATH.exec(path)?.groups ?? {};
  const resource = RESOURCES.find(
    (candidate) => candidate.name === wanted && candidate.group === group && candidate.version === version,
  );
  return resource && { resource, namespace, name };
}
