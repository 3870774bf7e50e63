import type { CurrentCluster } from '../install/current-cluster.js';
import type { PodContainer } from './pod-exec.js';

/** A node and the agent on it. */
export interface NodeAgent {
  readonly node: string;
  /** Undefined where no agent can be asked; `reason` says why. */
  readonly agent: PodContainer | undefined;
  readonly reason: string;
}

interface ListedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface ListedPod extends ListedObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly name: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Objects of one answer. */
const PAGE = 500;
/** Where a pod has several: those of a log shipper and the like are not asked. */
const CONTAINERS = ['kube-ipvs-proxy', 'kube-proxy'];

/** Every Linux node of the cluster with its agent, by name. */
export async function agentPods(
  cluster: CurrentCluster,
  namespace: string,
  selector: string,
): Promise<readonly NodeAgent[]> {
  const labels = encodeURIComponent(selector);
  const [nodes, pods] = await Promise.all([
    listed<ListedObject>(cluster, '/api/v1/nodes?'),
    listed<ListedPod>(
      cluster,
      `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?labelSelector=${labels}&`,
    ),
  ]);
  return nodes
    .filter(({ metadata }) => (metadata.labels?.['kubernetes.io/os'] ?? 'linux') === 'linux')
    .map(({ metadata: { name } }) =>
      agentOf(
        name,
        pods.filter(({ spec }) => spec?.nodeName === name),
        namespace,
      ),
    )
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));
}

async function listed<Item>(cluster: CurrentCluster, path: string): Promise<Item[]> {
  const all: Item[] = [];
  let next = '';
  do {
    const place = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
    const page = await cluster.get(`${path}limit=${PAGE}${place}`);
    all.push(...((page?.items ?? []) as Item[]));
    next = String((page?.metadata as { readonly continue?: string } | undefined)?.continue ?? '');
  } while (next !== '');
  return all;
}

function agentOf(node: string, pods: readonly ListedPod[], namespace: string): NodeAgent {
  const running = pods.filter(({ status }) => status?.phase === 'Running');
  const pod = running.find(isReady) ?? running[0];
  if (pod === undefined) return { node, agent: undefined, reason: absence(pods) };
  const names = (pod.spec?.containers ?? []).map(({ name }) => name);
  const container = CONTAINERS.find((name) => names.includes(name)) ?? names[0] ?? '';
  return { node, agent: { namespace, pod: pod.metadata.name, container }, reason: '' };
}

function isReady({ status }: ListedPod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

function absence([pod]: readonly ListedPod[]): string {
  if (pod === undefined) return 'no pod of the agent is on this node';
  return `its pod ${pod.metadata.name} is ${pod.status?.phase ?? 'not known to run'}`;
}
