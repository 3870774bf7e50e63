/** An object as the API writes it; fields that this program does not know are kept. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** How the API names the kinds that are printed, in its paths. */
const PLURALS: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  ConfigMap: 'configmaps',
  DaemonSet: 'daemonsets',
  Pod: 'pods',
  PodMonitor: 'podmonitors',
  PrometheusRule: 'prometheusrules',
  ServiceAccount: 'serviceaccounts',
};

/** `DaemonSet kube-system/kube-proxy` */
export function titleOf({ kind, metadata: { name, namespace } }: ClusterObject): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** Where the API server has the object. */
export function pathOf({ apiVersion, kind, metadata: { name, namespace } }: ClusterObject): string {
  const plural = PLURALS[kind];
  if (plural === undefined) throw new Error(`no path is known for ${kind}`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${group}${place}/${plural}/${name}`;
}

/** Without what the API server has added: to be written back, or compared with what was written. */
export function asWritten(object: ClusterObject): ClusterObject {
  const { status: _, ...rest } = object;
  const { annotations = {}, ...metadata } = object.metadata;
  const kept = Object.entries(annotations).filter(([name]) => !SERVERS_ANNOTATIONS.includes(name));
  const own = Object.entries(metadata).filter(([name]) => !SERVERS_METADATA.includes(name));
  return {
    ...rest,
    metadata: {
      ...(Object.fromEntries(own) as unknown as ObjectMeta),
      ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }),
    },
  };
}

const SERVERS_METADATA = [
  'creationTimestamp',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
];
const SERVERS_ANNOTATIONS = [
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/last-applied-configuration',
];

/** Objects cannot be printed for this cluster; `remedy` is what a person can do. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
