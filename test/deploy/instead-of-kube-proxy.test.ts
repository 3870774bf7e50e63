import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { containersOf, DEPLOY, daemonSet, rendered } from './support/deployments.js';
import { kindOf, nameOf } from './support/manifest.js';

describe.each(['overlays/node-by-node', 'overlays/replace-kube-proxy'] as const)('%s', (name) => {
  const set = daemonSet(name);
  const { main, init } = containersOf(set);

  it('leaves the ConfigMap, the service account and the binding of kubeadm alone', () => {
    expect(rendered(name).map((manifest) => `${kindOf(manifest)} ${nameOf(manifest)}`)).toEqual([
      'ClusterRole kube-ipvs-proxy',
      'ClusterRoleBinding kube-ipvs-proxy',
      `DaemonSet ${set.metadata?.name}`,
    ]);
  });

  it('mounts the ConfigMap of kubeadm where kubeadm mounts it', () => {
    expect(set.spec?.template.spec?.volumes).toContainEqual({
      name: 'config',
      configMap: { name: 'kube-proxy' },
    });
    for (const { volumeMounts } of [init, main])
      expect(volumeMounts).toContainEqual({
        name: 'config',
        mountPath: '/var/lib/kube-proxy',
        readOnly: true,
      });
  });

  it('takes over what kube-proxy has laid down', () => {
    expect(main.args).toContain('--adopt');
  });

  it('is kube-proxy to the API server, and may watch ServiceCIDRs besides', () => {
    expect(set.spec?.template.spec?.serviceAccountName).toBe('kube-proxy');
    const binding = rendered(name).find((manifest) => kindOf(manifest) === 'ClusterRoleBinding');
    expect(binding?.toJS().subjects).toEqual([
      { kind: 'ServiceAccount', name: 'kube-proxy', namespace: 'kube-system' },
    ]);
  });

  it('probes the port that kube-proxy has unless its configuration says otherwise', () => {
    expect(main.ports).toContainEqual({ name: 'health', containerPort: 10256 });
  });
});

it('the DaemonSet that replaces kube-proxy has the name, the selector and the container of kubeadm', () => {
  const set = daemonSet('overlays/replace-kube-proxy');
  expect(set.metadata).toMatchObject({ name: 'kube-proxy', namespace: 'kube-system' });
  expect(set.spec?.selector).toEqual({ matchLabels: { 'k8s-app': 'kube-proxy' } });
  expect(set.spec?.template.spec?.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
  expect(containersOf(set).main.name).toBe('kube-proxy');
});

it('node by node, kube-proxy leaves for any value of the label and we come for one', () => {
  const file = join(DEPLOY, 'kustomize/overlays/node-by-node/kube-proxy-affinity.yaml');
  const { affinity } = parse(readFileSync(file, 'utf8')).spec.template.spec;
  const { requiredDuringSchedulingIgnoredDuringExecution: required } = affinity.nodeAffinity;
  expect(required.nodeSelectorTerms).toEqual([
    { matchExpressions: [{ key: 'kube-ipvs-proxy.io/proxy', operator: 'DoesNotExist' }] },
  ]);
  expect(daemonSet('overlays/node-by-node').spec?.template.spec?.nodeSelector).toEqual({
    'kubernetes.io/os': 'linux',
    'kube-ipvs-proxy.io/proxy': 'kube-ipvs-proxy',
  });
});
