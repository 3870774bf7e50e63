import type { V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';
import { Document } from 'yaml';
import { isMapping } from '../model/mapping.js';
import { asWritten, type ClusterObject, InstallError, pathOf, titleOf } from './cluster-object.js';
import type { CurrentCluster } from './current-cluster.js';
import { kubeProxyPod } from './kube-proxy-pod.js';
import { likeKubeProxy, type RunningKubeProxy } from './like-kube-proxy.js';
import { type InstallChoice, renderedObjects } from './rendered-objects.js';

/** Everything that one call prints. */
export interface Manifest {
  readonly documents: readonly Document[];
  /** What stands above the objects. */
  readonly head: readonly string[];
  /** Whether objects were made from those in the cluster, so that fields which are missing are gone on purpose. */
  readonly isLikeRunning: boolean;
}

/** The objects of deploy/, with image, server and overlays. */
export function plainManifest(choice: InstallChoice): Manifest {
  const missing = choice.server === undefined && !choice.overlays.includes('node-by-node');
  const head = missing ? [NO_SERVER] : [];
  return { documents: renderedObjects(choice), head, isLikeRunning: false };
}

const NO_SERVER =
  'Put the address of the API server in place of api-server.invalid, or call this again with --server.';

/** kube-proxy as it runs, with our image and what else has to differ. */
export async function manifestLikeKubeProxy(
  choice: { readonly image: string; readonly nodeByNode: boolean },
  cluster: CurrentCluster,
): Promise<Manifest> {
  const running = await runningKubeProxy(cluster);
  const { objects, changes } = likeKubeProxy(running, choice);
  const kept = running.configMap === undefined ? 'its flags' : titleOf(running.configMap);
  return {
    documents: objects.map((object) => new Document(object)),
    head: [
      `${titleOf(running.workload)} as it runs, with ${kept} as it is. What differs:`,
      ...changes.map((change) => `- ${change}`),
    ],
    isLikeRunning: true,
  };
}

/** As YAML, to be applied. */
export function manifestText({ documents, head }: Manifest): string {
  const style = { lineWidth: 0, flowCollectionPadding: false, directives: false } as const;
  const comments = head.map((line) => `# ${line}\n`).join('');
  return comments + documents.map((document) => document.toString(style)).join('---\n');
}

/** What applying it would change in the cluster. */
export async function manifestDifference(manifest: Manifest, cluster: CurrentCluster): Promise<string> {
  const parts: string[] = [];
  for (const document of manifest.documents)
    parts.push(await objectDifference(document.toJS() as ClusterObject, manifest.isLikeRunning, cluster));
  return `${parts.join('\n')}\n`;
}

async function objectDifference(
  object: ClusterObject,
  isLikeRunning: boolean,
  cluster: CurrentCluster,
): Promise<string> {
  const found = await cluster.get(pathOf(object));
  if (found === undefined) return `${titleOf(object)} is new.`;
  const isWhole = isLikeRunning && object.kind === 'DaemonSet';
  const fields = differences(asWritten(found), object, isWhole);
  if (fields.length === 0) return `${titleOf(object)} stays as it is.`;
  return [`${titleOf(object)}:`, ...fields.map(differenceText)].join('\n');
}

/** One field that is not the same in two objects. */
interface Difference {
  /** `spec.template.spec.containers[kube-proxy].image` */
  readonly field: string;
  /** Undefined where it is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Every field that differs, the deepest that tells it. Items of lists are told by their name where they have one.
 * Fields that only `before` has count where `isWhole`; an API server fills in defaults, of which nobody wrote anything.
 */
export function differences(before: unknown, after: unknown, isWhole: boolean, field = ''): Difference[] {
  if (Array.isArray(before) && Array.isArray(after))
    return inFields(byName(before), byName(after), isWhole, (name) => `${field}[${name}]`);
  if (isMapping(before) && isMapping(after))
    return inFields(before, after, isWhole, (name) => (field === '' ? name : `${field}.${name}`));
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field, before, after }];
}

function inFields(before: Fields, after: Fields, isWhole: boolean, place: (name: string) => string) {
  const names = isWhole ? [...new Set([...Object.keys(before), ...Object.keys(after)])] : Object.keys(after);
  return names.flatMap((name) => differences(before[name], after[name], isWhole, place(name)));
}

function byName(list: readonly unknown[]): Fields {
  return Object.fromEntries(
    list.map((item, index) => [isMapping(item) && typeof item.name === 'string' ? item.name : index, item]),
  );
}

/** `  field: before → after`, texts of several lines by the lines that differ. */
function differenceText({ field, before, after }: Difference): string {
  if (typeof before === 'string' && typeof after === 'string' && after.includes('\n'))
    return [`  ${field}:`, ...linesThatDiffer(before, after)].join('\n');
  return `  ${field}: ${shown(before)} → ${shown(after)}`;
}

function linesThatDiffer(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const gone = old.filter((line) => !fresh.includes(line)).map((line) => `    - ${line}`);
  return [...gone, ...fresh.filter((line) => !old.includes(line)).map((line) => `    + ${line}`)];
}

function shown(value: unknown): string {
  return value === undefined ? '(none)' : JSON.stringify(value);
}

const NAMESPACE = '/api/v1/namespaces/kube-system';
const DAEMON_SET = '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy';

/** kubeadm, kubespray, EKS, AKS and Talos have a DaemonSet; RKE2 and kops a static pod on each node. */
async function runningKubeProxy(cluster: CurrentCluster): Promise<RunningKubeProxy> {
  const set = await cluster.get(DAEMON_SET);
  const workload = set ?? (await staticPod(cluster));
  const spec =
    set === undefined
      ? (workload.spec as V1PodSpec)
      : ((workload.spec as { template: V1PodTemplateSpec }).template.spec as V1PodSpec);
  const { config } = kubeProxyPod(spec, titleOf(workload));
  const configMap =
    config === undefined ? undefined : await cluster.get(`${NAMESPACE}/configmaps/${config.name}`);
  if (config !== undefined && configMap === undefined)
    throw new InstallError(
      `ConfigMap kube-system/${config.name} is not there.`,
      'kube-proxy cannot start either.',
    );
  return { workload, configMap };
}

async function staticPod(cluster: CurrentCluster): Promise<ClusterObject> {
  const list = await cluster.get(`${NAMESPACE}/pods`);
  const pods = (list?.items ?? []) as readonly ClusterObject[];
  const found = pods.find(
    ({ metadata }) =>
      metadata.name.startsWith('kube-proxy-') &&
      metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined,
  );
  // Items of a list have no kind.
  if (found !== undefined) return { ...found, apiVersion: 'v1', kind: 'Pod' };
  throw new InstallError(
    'kube-system has neither a DaemonSet kube-proxy nor static pods of kube-proxy.',
    'k3s runs it in its own process: docs/migrating/rke2-k3s.md. Without kube-proxy leave --like-kube-proxy out.',
  );
}
