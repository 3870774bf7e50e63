import type { V1Container } from '@kubernetes/client-node';
import type { ClusterObject } from '../../src/install/cluster-object.js';
import { INSTALLER_CONFIGS, INSTALLER_FLAGS } from '../config/installers.js';

/** kube-proxy's objects as installers leave them in a cluster, with what the API server has filled in. */

const SERVERS = {
  uid: '6f3c2c0e-6a53-4a8e-8ef6-0d6a3a1f7d01',
  resourceVersion: '412',
  generation: 2,
  creationTimestamp: '2026-03-01T10:00:00Z',
};

const NODE_NAME = {
  name: 'NODE_NAME',
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } },
};

const CONTAINER: V1Container = {
  name: 'kube-proxy',
  image: 'registry.k8s.io/kube-proxy:v1.35.2',
  imagePullPolicy: 'IfNotPresent',
  command: [
    '/usr/local/bin/kube-proxy',
    '--config=/var/lib/kube-proxy/config.conf',
    '--hostname-override=$(NODE_NAME)',
  ],
  env: [NODE_NAME],
  resources: {},
  securityContext: { privileged: true },
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  volumeMounts: [
    { mountPath: '/var/lib/kube-proxy', name: 'kube-proxy' },
    { mountPath: '/run/xtables.lock', name: 'xtables-lock' },
    { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true },
  ],
};

/** kubeadm's DaemonSet; `pod` and `container` are what another installer has changed of it. */
function daemonSet(container: Partial<V1Container> = {}, pod: object = {}): ClusterObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'kube-proxy',
      namespace: 'kube-system',
      labels: { 'k8s-app': 'kube-proxy' },
      annotations: { 'deprecated.daemonset.template.generation': '2' },
      ...SERVERS,
    },
    spec: {
      revisionHistoryLimit: 10,
      selector: { matchLabels: { 'k8s-app': 'kube-proxy' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      template: {
        metadata: { labels: { 'k8s-app': 'kube-proxy' } },
        spec: {
          containers: [{ ...CONTAINER, ...container }],
          dnsPolicy: 'ClusterFirst',
          hostNetwork: true,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          priorityClassName: 'system-node-critical',
          restartPolicy: 'Always',
          schedulerName: 'default-scheduler',
          serviceAccount: 'kube-proxy',
          serviceAccountName: 'kube-proxy',
          terminationGracePeriodSeconds: 30,
          tolerations: [{ operator: 'Exists' }],
          volumes: [
            { name: 'kube-proxy', configMap: { name: 'kube-proxy', defaultMode: 420 } },
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
            { name: 'lib-modules', hostPath: { path: '/lib/modules', type: '' } },
          ],
          ...pod,
        },
      },
    },
    status: { currentNumberScheduled: 3, desiredNumberScheduled: 3, numberReady: 3 },
  };
}

function configMap(data: Readonly<Record<string, string>>, name = 'kube-proxy'): ClusterObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'kube-system', ...SERVERS },
    data,
  };
}

const textOf = (installer: string) => INSTALLER_CONFIGS[installer]?.text ?? '';

const KUBECONFIG = 'apiVersion: v1\nkind: Config\nclusters: []\n';

/** A pod that the kubelet of one node runs from a file, as the API server mirrors it. */
export function staticPod(container: Partial<V1Container>, pod: object = {}): ClusterObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'kube-proxy-node-1',
      namespace: 'kube-system',
      labels: { component: 'kube-proxy', tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.mirror': 'f00', 'kubernetes.io/config.source': 'file' },
      ...SERVERS,
    },
    spec: {
      containers: [{ name: 'kube-proxy', image: 'rancher/hardened-kubernetes:v1.35.2-rke2r1', ...container }],
      hostNetwork: true,
      nodeName: 'node-1',
      priorityClassName: 'system-cluster-critical',
      tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
      ...pod,
    },
    status: { phase: 'Running' },
  };
}

export interface RunningInstaller {
  readonly workload: ClusterObject;
  readonly configMap?: ClusterObject;
}

export const KUBEADM: RunningInstaller = {
  workload: daemonSet(),
  configMap: configMap({ 'config.conf': textOf('kubeadm 1.31'), 'kubeconfig.conf': KUBECONFIG }),
};

export const KUBESPRAY: RunningInstaller = {
  workload: daemonSet(
    { image: 'registry.k8s.io/kube-proxy:v1.34.3' },
    { tolerations: [{ operator: 'Exists' }, { key: 'CriticalAddonsOnly', operator: 'Exists' }] },
  ),
  configMap: configMap({ 'config.conf': textOf('kubespray'), 'kubeconfig.conf': KUBECONFIG }),
};

/** EKS names key, folder and ConfigMap differently, and asks for the processor. */
export const EKS: RunningInstaller = {
  workload: daemonSet(
    {
      command: ['kube-proxy', '--v=2', '--config=/var/lib/kube-proxy-config/config'],
      resources: { requests: { cpu: '100m' }, limits: { memory: '128Mi' } },
      volumeMounts: [
        { mountPath: '/var/lib/kube-proxy/', name: 'kubeconfig' },
        { mountPath: '/var/lib/kube-proxy-config/', name: 'config' },
      ],
    },
    {
      volumes: [
        { name: 'kubeconfig', configMap: { name: 'kube-proxy' } },
        { name: 'config', configMap: { name: 'kube-proxy-config' } },
      ],
    },
  ),
  configMap: configMap({ config: textOf('kubeadm 1.31') }, 'kube-proxy-config'),
};

export const RKE2: RunningInstaller = {
  workload: staticPod(
    {
      command: ['kube-proxy'],
      args: [...(INSTALLER_FLAGS.RKE2 ?? [])],
      securityContext: { privileged: true },
      volumeMounts: [
        { mountPath: '/var/lib/rancher/rke2/agent/kubeproxy.kubeconfig', name: 'file0', readOnly: true },
      ],
    },
    {
      volumes: [
        {
          name: 'file0',
          hostPath: { path: '/var/lib/rancher/rke2/agent/kubeproxy.kubeconfig', type: 'File' },
        },
      ],
    },
  ),
};

/** kops has a program start kube-proxy that writes its output to a file. */
export const KOPS: RunningInstaller = {
  workload: staticPod(
    {
      command: [
        '/go-runner',
        '--log-file=/var/log/kube-proxy.log',
        '--also-stdout',
        '/usr/local/bin/kube-proxy',
        ...(INSTALLER_FLAGS.kops ?? []),
      ],
      volumeMounts: [{ mountPath: '/var/lib/kube-proxy/kubeconfig', name: 'kubeconfig', readOnly: true }],
    },
    { volumes: [{ name: 'kubeconfig', hostPath: { path: '/var/lib/kube-proxy/kubeconfig' } }] },
  ),
};
