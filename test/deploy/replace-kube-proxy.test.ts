import { expect, it } from 'vitest';
import { containersOf, daemonSet, rendered } from './support/deployments.js';
import { kindOf, nameOf } from './support/manifest.js';

const NAME = 'overlays/replace-kube-proxy';
const set = daemonSet(NAME);
const { main, init } = containersOf(set);

it('takes the place of the DaemonSet that kubeadm made', () => {
  expect(set.metadata).toMatchObject({ name: 'kube-proxy', namespace: 'kube-system' });
  expect(set.spec?.selector).toEqual({ matchLabels: { 'k8s-app': 'kube-proxy' } });
  expect(set.spec?.template.spec?.serviceAccountName).toBe('kube-proxy');
  expect(main.name).toBe('kube-proxy');
});

it('leaves the ConfigMap, the service account and the binding of kubeadm alone', () => {
  expect(rendered(NAME).map((manifest) => `${kindOf(manifest)} ${nameOf(manifest)}`)).toEqual([
    'ClusterRole kube-ipvs-proxy',
    'ClusterRoleBinding kube-ipvs-proxy',
    'DaemonSet kube-proxy',
  ]);
});

it('mounts the ConfigMap of kubeadm where kubeadm mounts it', () => {
  expect(set.spec?.template.spec?.volumes).toContainEqual({
    name: 'config',
    configMap: { name: 'kube-proxy' },
  });
  for (const { volumeMounts } of [init, main])
    expect(volumeMounts).toContainEqual({ name: 'config', mountPath: '/var/lib/kube-proxy', readOnly: true });
});

it('takes over what kube-proxy has laid down', () => {
  expect(main.args).toContain('--adopt');
});

it('may watch ServiceCIDRs as the service account of kube-proxy', () => {
  const binding = rendered(NAME).find((manifest) => kindOf(manifest) === 'ClusterRoleBinding');
  expect(binding?.toJS().subjects).toEqual([
    { kind: 'ServiceAccount', name: 'kube-proxy', namespace: 'kube-system' },
  ]);
});

it('probes the port that kube-proxy has unless its configuration says otherwise', () => {
  expect(main.ports).toContainEqual({ name: 'health', containerPort: 10256 });
});
