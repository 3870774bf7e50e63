import type { V1Container, V1DaemonSet } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { asWritten, type ClusterObject, InstallError } from '../../src/install/cluster-object.js';
import { likeKubeProxy } from '../../src/install/like-kube-proxy.js';
import { differences } from '../../src/install/manifest.js';
import { schemaComplaints } from '../deploy/support/schema-check.js';
import { EKS, KUBEADM, KUBESPRAY, RKE2, type RunningInstaller, staticPod } from './running.js';

const IMAGE = 'registry.example.com/kube-ipvs-proxy:1';

function made({ workload, configMap }: RunningInstaller, nodeByNode = false) {
  const { objects, changes } = likeKubeProxy({ workload, configMap }, { image: IMAGE, nodeByNode });
  const set = objects.find(({ kind }) => kind === 'DaemonSet') as ClusterObject;
  return { objects, changes, set, container: containerOf(set) };
}

function containerOf(set: ClusterObject): V1Container {
  const [container] = (set as unknown as V1DaemonSet).spec?.template.spec?.containers ?? [];
  if (container === undefined) throw new Error('no container');
  return container;
}

/** The fields of the DaemonSet that ran which are others now. */
function changedFields(installer: RunningInstaller): string[] {
  return differences(asWritten(installer.workload), made(installer).set, true).map(({ field }) => field);
}

const CONTAINER = 'spec.template.spec.containers[kube-proxy]';
const ALWAYS = [
  `${CONTAINER}.image`,
  `${CONTAINER}.readinessProbe`,
  `${CONTAINER}.volumeMounts[admin-socket]`,
  'spec.template.spec.volumes[admin-socket]',
];

describe('in place of a DaemonSet of kube-proxy', () => {
  it.each([
    ['kubeadm', KUBEADM, [`${CONTAINER}.command[3]`]],
    ['kubespray', KUBESPRAY, [`${CONTAINER}.command[3]`]],
    [
      'EKS',
      EKS,
      [`${CONTAINER}.command[3]`, `${CONTAINER}.resources.limits.memory`, `${CONTAINER}.env[NODE_OPTIONS]`],
    ],
  ] as const)('of %s only named fields differ from what ran', (_, installer, more) => {
    expect(changedFields(installer).sort()).toEqual([...ALWAYS, ...more].sort());
  });

  it.each([
    ['kubeadm', KUBEADM],
    ['kubespray', KUBESPRAY],
    ['EKS', EKS],
    ['RKE2', RKE2],
  ])('of %s the API server takes what is printed', (_, installer) => {
    for (const object of made(installer).objects) expect(schemaComplaints(object)).toEqual([]);
  });

  it('the new image takes over what kube-proxy left', () => {
    expect(made(KUBEADM).container).toMatchObject({
      image: IMAGE,
      command: expect.arrayContaining(['--adopt']),
    });
  });

  it('nothing that the API server has filled in is written back', () => {
    const { set } = made(KUBEADM);
    expect(Object.keys(set.metadata).sort()).toEqual(['labels', 'name', 'namespace']);
    expect(set).not.toHaveProperty('status');
  });

  it('each change is named', () => {
    const { changes } = made(EKS);
    expect(changes.join('\n')).toMatch(/image .*\n.*--adopt.*\nmemory limit 128Mi is 512Mi/s);
  });

  it('whoever kube-proxy is to the API server may list ServiceCIDRs', () => {
    const subjectOf = (installer: RunningInstaller) =>
      made(installer).objects.find(({ kind }) => kind === 'ClusterRoleBinding')?.subjects;
    expect(subjectOf(KUBEADM)).toMatchObject([{ kind: 'ServiceAccount', name: 'kube-proxy' }]);
    expect(subjectOf(RKE2)).toMatchObject([{ kind: 'User', name: 'system:kube-proxy' }]);
  });

  it('the readiness probe asks where the configuration has health', () => {
    const at = (address: string) => {
      const data = { 'config.conf': `mode: ipvs\nhealthzBindAddress: "${address}"\n` };
      return made({ ...KUBEADM, configMap: { ...KUBEADM.configMap, data } as ClusterObject }).container
        .readinessProbe?.httpGet;
    };
    expect(at('')).toEqual({ path: '/readyz', port: 10256 });
    expect(at('0.0.0.0:10456')).toEqual({ path: '/readyz', port: 10456 });
    expect(at('[::]:10256')).toEqual({ path: '/readyz', port: 10256 });
    expect(at('127.0.0.1:10256')).toEqual({ path: '/readyz', port: 10256, host: '127.0.0.1' });
  });
});

describe('node by node', () => {
  it('there is a second DaemonSet, on labelled nodes, with the same configuration', () => {
    const { set } = made(KUBEADM, true);
    expect(set.metadata.name).toBe('kube-ipvs-proxy');
    const { selector, template } = (set as unknown as V1DaemonSet).spec ?? {};
    expect(selector).toEqual({ matchLabels: template?.metadata?.labels });
    expect(template?.spec?.nodeSelector).toEqual({
      'kubernetes.io/os': 'linux',
      'kube-ipvs-proxy.io/proxy': 'kube-ipvs-proxy',
    });
    expect(template?.spec?.volumes).toContainEqual({
      name: 'kube-proxy',
      configMap: { name: 'kube-proxy', defaultMode: 420 },
    });
  });
});

describe('from a static pod', () => {
  it('comes a DaemonSet that is of no certain node, on labelled nodes', () => {
    const { set, container } = made(RKE2);
    const pod = (set as unknown as V1DaemonSet).spec?.template.spec;
    expect(pod).not.toHaveProperty('nodeName');
    expect(pod?.tolerations).toEqual([{ operator: 'Exists' }]);
    expect(pod?.nodeSelector).toEqual({ 'kube-ipvs-proxy.io/proxy': 'kube-ipvs-proxy' });
    expect(container.args).toContain('--hostname-override=$(NODE_NAME)');
    expect(container.args).not.toContain('--hostname-override=node-1');
    expect(container.env).toContainEqual({
      name: 'NODE_NAME',
      valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } },
    });
  });

  it('all other flags stay, and health is asked where it listens', () => {
    const { container } = made(RKE2);
    expect(container.args).toContain('--kubeconfig=/var/lib/rancher/rke2/agent/kubeproxy.kubeconfig');
    expect(container.args?.at(-1)).toBe('--adopt');
    expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 10256, host: '127.0.0.1' });
  });

  it('a shell that starts kube-proxy is given the flag where kube-proxy gets it', () => {
    const line =
      'exec /usr/local/bin/kube-proxy --proxy-mode=ipvs --v=2 2>&1 | tee -a /var/log/kube-proxy.log';
    const { container } = made({ workload: staticPod({ command: ['/bin/sh', '-c', line] }) });
    expect(container.command?.[2]).toBe(
      'exec /usr/local/bin/kube-proxy --adopt --proxy-mode=ipvs --v=2 2>&1 | tee -a /var/log/kube-proxy.log',
    );
  });

  it('a program that starts kube-proxy and is not in our image is left out, and named', () => {
    const command = ['/go-runner', '--also-stdout', '/usr/bin/kube-proxy', '--proxy-mode=ipvs'];
    const { container, changes } = made({ workload: staticPod({ command }) });
    expect(container.command).toEqual(['kube-proxy', '--proxy-mode=ipvs', '--adopt']);
    expect(changes.join('\n')).toMatch(
      /\/go-runner --also-stdout before it.*\n.*\/usr\/bin\/kube-proxy is kube-proxy/s,
    );
  });
});

describe('what cannot be taken over', () => {
  it.each([
    ['mode: nftables', 'nftables'],
    ['mode: ""', 'iptables, the default'],
  ])('is kube-proxy with %s', (config, mode) => {
    const configMap = { ...KUBEADM.configMap, data: { 'config.conf': config } } as ClusterObject;
    expect(() => made({ ...KUBEADM, configMap })).toThrow(`kube-proxy runs in mode ${mode}, not ipvs`);
  });

  it('is a pod in which nothing is kube-proxy', () => {
    const workload = staticPod({ name: 'other', command: ['/bin/other'] });
    expect(() => made({ workload })).toThrow(InstallError);
  });
});
