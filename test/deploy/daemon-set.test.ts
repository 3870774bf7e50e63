import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { VERSION } from '../../src/config/version.js';
import {
  configMap,
  containersOf,
  daemonSet,
  KUSTOMIZATIONS,
  type KustomizationName,
} from './support/deployments.js';

/** Those that do not use the ConfigMap of kube-proxy. */
const OWN_CONFIG = [
  'base',
  'overlays/beside-kube-proxy',
  'overlays/dual-stack',
  'overlays/dual-stack-monitoring',
  'overlays/monitoring',
] as const satisfies readonly KustomizationName[];

describe.each(KUSTOMIZATIONS)('the DaemonSet of %s', (name) => {
  const set = daemonSet(name);
  const pod = set.spec?.template.spec;
  const { init, main } = containersOf(set);

  it('gives the agent NET_ADMIN and nothing else', () => {
    expect(main.securityContext).toEqual({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsUser: 0,
      runAsGroup: 0,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('gives privileges to what only sets the node up', () => {
    expect(init.securityContext).toEqual({ privileged: true, readOnlyRootFilesystem: true });
    expect(init.args).toContain('--init-only');
    expect(init.volumeMounts).toContainEqual({ name: 'modules', mountPath: '/lib/modules', readOnly: true });
  });

  it('runs on the network of every node, before anything else and without cluster DNS', () => {
    expect(pod).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'Default',
      priorityClassName: 'system-node-critical',
      tolerations: [{ operator: 'Exists' }],
      nodeSelector: expect.objectContaining({ 'kubernetes.io/os': 'linux' }),
    });
  });

  it('selects the pods of its own template', () => {
    const labels = set.spec?.template.metadata?.labels ?? {};
    const selector = set.spec?.selector.matchLabels ?? {};
    expect(Object.keys(selector)).toEqual(['k8s-app']);
    expect(labels).toMatchObject(selector);
  });

  it('starts both containers with the same image of this version, configuration and node name', () => {
    expect(init.image).toBe(main.image);
    expect(main.image).toBe(`kube-ipvs-proxy:${VERSION}`);
    const common = ['--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'];
    expect(init.args).toEqual(expect.arrayContaining(common));
    expect(main.args).toEqual(expect.arrayContaining(common));
    for (const { env } of [init, main])
      expect(env).toContainEqual({
        name: 'NODE_NAME',
        valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } },
      });
  });

  it('mounts volumes that are there, and uses every one of them', () => {
    const mounted = [init, main].flatMap(({ volumeMounts = [] }) => volumeMounts.map((mount) => mount.name));
    expect(new Set(mounted)).toEqual(new Set(pod?.volumes?.map((volume) => volume.name)));
  });

  it('lets the JavaScript heap have three quarters of the memory limit, and does not throttle the agent', () => {
    const limit = Number(/^(\d+)Mi$/.exec(main.resources?.limits?.memory ?? '')?.[1]);
    expect(main.env).toContainEqual({
      name: 'NODE_OPTIONS',
      value: `--max-old-space-size=${(limit * 3) / 4} --max-semi-space-size=4`,
    });
    expect(main.resources?.limits).not.toHaveProperty('cpu');
  });

  it('never restarts or holds back an agent because its Node is about to go', () => {
    const { livenessProbe, readinessProbe, startupProbe } = main;
    expect([startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet?.path)).toEqual([
      '/livez',
      '/livez',
      '/readyz',
    ]);
  });

  it('replaces the agents of a tenth of the nodes at a time', () => {
    expect(set.spec?.updateStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '10%' },
    });
  });
});

describe.each(OWN_CONFIG)('the configuration of %s', (name) => {
  const data = configMap(name).data ?? {};
  const [proxy, own] = parseAllDocuments(data['config.conf'] ?? '').map((document) => document.toJS());
  const { main } = containersOf(daemonSet(name));
  const portOf = (called: string) => main.ports?.find((port) => port.name === called)?.containerPort;

  it("is kube-proxy's and, behind it, our own", () => {
    expect(proxy).toMatchObject({
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'ipvs',
    });
    expect(own).toMatchObject({
      apiVersion: 'kube-ipvs-proxy.io/v1alpha1',
      kind: 'KubeIpvsProxyConfiguration',
    });
  });

  it('opens the ports that the DaemonSet names', () => {
    expect(proxy.healthzBindAddress).toMatch(new RegExp(`^(0\\.0\\.0\\.0|\\[::\\]):${portOf('health')}$`));
    expect(proxy.metricsBindAddress).toMatch(new RegExp(`:${portOf('metrics')}$`));
    for (const probe of [main.startupProbe, main.livenessProbe, main.readinessProbe])
      expect(probe?.httpGet?.port).toBe('health');
  });

  it('names files that are mounted', () => {
    const mounts = main.volumeMounts ?? [];
    const folderOf = (volume: string) => mounts.find((mount) => mount.name === volume)?.mountPath;
    expect(proxy.clientConnection.kubeconfig).toBe(`${folderOf('config')}/kubeconfig.conf`);
    expect(own.adminSocket).toMatch(new RegExp(`^${folderOf('admin-socket')}/`));
  });

  it('reaches the API server with the service account, at an address that the operator has to fill in', () => {
    const kubeconfig = parseAllDocuments(data['kubeconfig.conf'] ?? '')[0]?.toJS();
    const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(kubeconfig.clusters[0].cluster).toEqual({
      'certificate-authority': `${mounted}/ca.crt`,
      server: 'https://api-server.invalid:6443',
    });
    expect(kubeconfig.users[0].user).toEqual({ tokenFile: `${mounted}/token` });
  });
});
