import { Document } from 'yaml';
import { asWritten, type ClusterObject, pathOf, titleOf } from './cluster-object.js';
import type { CurrentCluster } from './current-cluster.js';
import { differences, differenceText } from './differences.js';
import { likeKubeProxy } from './like-kube-proxy.js';
import { type InstallChoice, renderedObjects } from './rendered-objects.js';
import { runningKubeProxy } from './running-kube-proxy.js';

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
