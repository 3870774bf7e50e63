import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1Probe } from '@kubernetes/client-node';
import { asWritten, type ClusterObject, InstallError, titleOf } from './cluster-object.js';
import {
  isKubeProxy,
  type KubeProxyPod,
  type KubeProxySetting,
  kubeProxyPod,
  kubeProxySetting,
} from './kube-proxy-pod.js';

/** kube-proxy as it runs in a cluster. */
export interface RunningKubeProxy {
  /** Its DaemonSet, or one of its static pods as the API server mirrors them. */
  readonly workload: ClusterObject;
  /** What its volume of the configuration is made from, where it has one. */
  readonly configMap: ClusterObject | undefined;
}

interface LikeKubeProxyChoice {
  readonly image: string;
  /** On labelled nodes, beside the DaemonSet that runs, instead of in its place. */
  readonly nodeByNode: boolean;
}

interface LikeKubeProxy {
  readonly objects: readonly ClusterObject[];
  /** One sentence for each field that differs from what runs. */
  readonly changes: readonly string[];
}

const OWN_NAME = 'kube-ipvs-proxy';
const LABEL = 'kube-ipvs-proxy.io/proxy';
const SOCKET_FOLDER = '/run/kube-ipvs-proxy';
const MEMORY = '512Mi';
/** Three quarters of it; deploy/kustomize/base says why. */
const HEAP = '--max-old-space-size=384 --max-semi-space-size=4';

/** What to apply so that this program runs as kube-proxy does. Throws InstallError where it cannot take its place. */
export function likeKubeProxy(running: RunningKubeProxy, choice: LikeKubeProxyChoice): LikeKubeProxy {
  const template = templateOf(running.workload);
  const title = titleOf(running.workload);
  const pod = kubeProxyPod(specOf(template), title);
  const setting = kubeProxySetting(pod, running.configMap);
  if (setting.mode !== 'ipvs') throw otherMode(title, setting.mode);
  const changes: string[] = [];
  const own = ownTemplate(template, pod, setting, choice.image, changes);
  const isNew = choice.nodeByNode || running.workload.kind === 'Pod';
  const set = isNew ? newDaemonSet(running.workload, own, changes) : inPlace(running.workload, own);
  return { objects: [...roleObjects(specOf(template)), set], changes };
}

function otherMode(title: string, mode: string): InstallError {
  return new InstallError(
    `${title} runs in mode ${mode === '' ? 'iptables, the default' : mode}, not ipvs; nothing of it can be taken over.`,
    'Set mode ipvs first, or see docs/migrating-from-kube-proxy.md, "Can it work here?".',
  );
}

function templateOf({ kind, metadata, spec }: ClusterObject): V1PodTemplateSpec {
  if (kind === 'DaemonSet') return (spec as { template: V1PodTemplateSpec }).template;
  return { metadata: { labels: { ...metadata.labels } }, spec: spec as V1PodSpec };
}

function specOf({ spec }: V1PodTemplateSpec): V1PodSpec {
  if (spec === undefined) throw new InstallError('the pod template is empty.', 'Write the manifest by hand.');
  return spec;
}

function ownTemplate(
  template: V1PodTemplateSpec,
  pod: KubeProxyPod,
  setting: KubeProxySetting,
  image: string,
  changes: string[],
): V1PodTemplateSpec {
  const spec = specOf(template);
  const container = ownContainer(pod, setting, image, changes);
  changes.push(`a volume for ${SOCKET_FOLDER} of the node, where \`status\` asks the agent`);
  return {
    ...template,
    spec: {
      ...spec,
      containers: spec.containers.map((other) => (other === pod.container ? container : other)),
      volumes: [
        ...(spec.volumes ?? []),
        { name: 'admin-socket', hostPath: { path: SOCKET_FOLDER, type: 'DirectoryOrCreate' } },
      ],
    },
  };
}

function ownContainer(
  { container }: KubeProxyPod,
  { healthz }: KubeProxySetting,
  image: string,
  changes: string[],
): V1Container {
  changes.push(
    `image ${container.image} is ${image}`,
    'the flag --adopt, so that what kube-proxy left is taken over',
    'a readiness probe, so that a roll-out waits until a node is programmed',
  );
  return {
    ...container,
    ...withFlag(container, changes),
    ...withMemory(container, changes),
    image,
    readinessProbe: readiness(healthz.host, healthz.port),
    volumeMounts: [...(container.volumeMounts ?? []), { name: 'admin-socket', mountPath: SOCKET_FOLDER }],
  };
}

/**
 * kubeadm has all words in `command`, RKE2 the flags in `args`; kops has a shell or another program start kube-proxy.
 */
function withFlag({ command, args }: V1Container, changes: string[]): Pick<V1Container, 'command' | 'args'> {
  const start = command?.findIndex(isKubeProxy) ?? -1;
  if (command === undefined || start < 0) return inShell(command, args);
  if (start > 0)
    changes.push(`${command.slice(0, start).join(' ')} before it, which the image does not have, is gone`);
  const own = ['kube-proxy', ...command.slice(start + 1)];
  if (!OWN_PATHS.includes(command[start] ?? '')) changes.push(`the command ${command[start]} is kube-proxy`);
  else own[0] = command[start] ?? 'kube-proxy';
  if (args !== undefined && args.length > 0) return { command: own, args: [...args, FLAG] };
  return { command: [...own, FLAG] };
}

/** Names under which the image has the program. */
const OWN_PATHS = ['kube-proxy', '/usr/local/bin/kube-proxy'];
const FLAG = '--adopt';

// In `/bin/sh -c 'kube-proxy … >>file'` the end is no place for a flag.
function inShell(command: readonly string[] | undefined, args: readonly string[] | undefined) {
  const line = /((?:^|\s)(?:\/\S*\/)?kube-proxy)(?=\s)/;
  const inside = (words: readonly string[]) => words.map((word) => word.replace(line, `$1 ${FLAG}`));
  const words = [...(command ?? []), ...(args ?? [])];
  if (!words.some((word) => line.test(word))) return { args: [...(args ?? []), FLAG] };
  return { ...(command && { command: inside(command) }), ...(args && { args: inside(args) }) };
}

// kube-proxy's limit, where somebody has set one, is made for a program of a third of the size.
function withMemory(container: V1Container, changes: string[]): Partial<V1Container> {
  const limits = container.resources?.limits;
  if (limits?.memory === undefined) return {};
  changes.push(`memory limit ${limits.memory} is ${MEMORY}, and the heap three quarters of it`);
  return {
    resources: { ...container.resources, limits: { ...limits, memory: MEMORY } },
    env: [...(container.env ?? []), { name: 'NODE_OPTIONS', value: HEAP }],
  };
}

function readiness(host: string | undefined, port: number): V1Probe {
  return {
    httpGet: { path: '/readyz', port, ...(host !== undefined && { host }) },
    periodSeconds: 5,
    timeoutSeconds: 5,
    failureThreshold: 3,
  };
}

function inPlace(running: ClusterObject, template: V1PodTemplateSpec): ClusterObject {
  const written = asWritten(running);
  return { ...written, spec: { ...(written.spec as object), template } };
}

/** Of our own name, on nodes that are labelled for it; from a static pod or beside a DaemonSet. */
function newDaemonSet(running: ClusterObject, template: V1PodTemplateSpec, changes: string[]): ClusterObject {
  const labels = { 'k8s-app': OWN_NAME };
  changes.push(
    `a DaemonSet ${OWN_NAME} of its own, on nodes with the label ${LABEL}=${OWN_NAME}`,
    ...(running.kind === 'Pod' ? ['the node name comes from the pod, and all taints are tolerated'] : []),
  );
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: OWN_NAME, namespace: running.metadata.namespace ?? 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      template: {
        metadata: { labels },
        spec: labelledOnly(running.kind === 'Pod' ? ofNoNode(specOf(template)) : specOf(template)),
      },
    },
  };
}

function labelledOnly(spec: V1PodSpec): V1PodSpec {
  // kube-proxy's own affinity keeps it off these nodes.
  const { affinity: _, ...rest } = spec;
  return { ...rest, nodeSelector: { ...spec.nodeSelector, [LABEL]: OWN_NAME } };
}

/** A static pod without what the kubelet of one node has put into it. */
function ofNoNode(spec: V1PodSpec): V1PodSpec {
  const { nodeName: _, ...rest } = spec;
  return {
    ...rest,
    tolerations: [{ operator: 'Exists' }],
    containers: spec.containers.map((container) => ({
      ...container,
      ...(container.command !== undefined && { command: container.command.map(withoutNode) }),
      ...(container.args !== undefined && { args: container.args.map(withoutNode) }),
      env: [
        ...(container.env ?? []).filter(({ name }) => name !== 'NODE_NAME'),
        { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ],
    })),
  };
}

function withoutNode(word: string): string {
  return word.replace(/^--hostname-override=.*$/, '--hostname-override=$(NODE_NAME)');
}

/** ServiceCIDRs, which system:node-proxier lacks in older clusters, for whomever kube-proxy is to the API server. */
function roleObjects({ serviceAccountName }: V1PodSpec): ClusterObject[] {
  const subject =
    serviceAccountName === undefined
      ? { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'system:kube-proxy' }
      : { kind: 'ServiceAccount', name: serviceAccountName, namespace: 'kube-system' };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: OWN_NAME };
  const rules = [{ apiGroups: ['networking.k8s.io'], resources: ['servicecidrs'], verbs: ['list', 'watch'] }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: OWN_NAME };
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules },
    { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects: [subject] },
  ];
}
