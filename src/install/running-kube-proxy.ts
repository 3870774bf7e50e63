import type { V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';
import { type ClusterObject, titleOf } from './cluster-object.js';
import type { CurrentCluster } from './current-cluster.js';
import { InstallError } from './install-error.js';
import { kubeProxyPod } from './kube-proxy-pod.js';
import type { RunningKubeProxy } from './like-kube-proxy.js';

const NAMESPACE = '/api/v1/namespaces/kube-system';
const DAEMON_SET = '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy';

/** kubeadm, kubespray, EKS, AKS and Talos have a DaemonSet; RKE2 and kops a static pod on each node. */
export async function runningKubeProxy(cluster: CurrentCluster): Promise<RunningKubeProxy> {
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
