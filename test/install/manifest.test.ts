import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ApiServer } from '../../lab/api-server/api-server.js';
import type { ClusterObject } from '../../src/install/cluster-object.js';
import { type CurrentCluster, currentCluster } from '../../src/install/current-cluster.js';
import { loadKubeconfig } from '../../src/install/kubeconfig.js';
import {
  type Manifest,
  manifestDifference,
  manifestLikeKubeProxy,
  manifestText,
  plainManifest,
} from '../../src/install/manifest.js';
import { contradiction, OVERLAYS, type Overlay } from '../../src/install/rendered-objects.js';
import { rendered } from '../deploy/support/deployments.js';
import { putObjects, writeAdminKubeconfig } from './cluster.js';
import { KUBEADM, KUBESPRAY, RKE2, type RunningInstaller } from './running.js';

const IMAGE = 'registry.example.com/kube-ipvs-proxy:1';
const SERVER = 'https://api.example.com:6443';

const objectsIn = (manifest: Manifest) =>
  parseAllDocuments(manifestText(manifest)).map((document) => document.toJS() as ClusterObject);

function plain(...overlays: readonly Overlay[]): Manifest {
  return plainManifest({ image: IMAGE, server: SERVER, overlays });
}

describe('the manifest', () => {
  it.each([
    [[], 'base'],
    [['dual-stack'], 'overlays/dual-stack'],
    [['monitoring', 'dual-stack'], 'overlays/dual-stack-monitoring'],
    [['monitoring'], 'overlays/monitoring'],
    [['beside-kube-proxy'], 'overlays/beside-kube-proxy'],
    [['node-by-node'], 'overlays/node-by-node'],
  ] as const)('with overlays %j has the objects of %s, image and server filled in', (overlays, source) => {
    const filledIn = JSON.stringify(rendered(source).map((document) => document.toJS()))
      .replaceAll(/"kube-ipvs-proxy:[\d.]+"/g, `"${IMAGE}"`)
      .replaceAll('https://api-server.invalid:6443', SERVER);
    expect(JSON.stringify(objectsIn(plain(...overlays)))).toBe(filledIn);
    expect(filledIn).toContain(IMAGE);
  });

  it('keeps the comments that explain fields, and none about how the file was made', () => {
    const text = manifestText(plain());
    expect(text).toContain('# No CPU limit: a throttled agent is a node with stale Services.');
    expect(text).not.toContain('npm run render');
  });

  it('says that an address is missing where none was given', () => {
    const manifest = plainManifest({ image: IMAGE, server: undefined, overlays: [] });
    expect(manifestText(manifest)).toMatch(
      /^# Put the address of the API server in place of api-server\.invalid/,
    );
  });

  it('refuses overlays that contradict one another', () => {
    expect(contradiction(['beside-kube-proxy', 'monitoring'])).toMatch(
      /beside-kube-proxy .* goes with no other/,
    );
    for (const overlay of OVERLAYS) expect(contradiction([overlay, overlay])).toBeUndefined();
    expect(contradiction(['dual-stack', 'monitoring'])).toBeUndefined();
  });
});

describe('in a cluster', () => {
  let server: ApiServer;
  let folder: string;
  let cluster: CurrentCluster;

  beforeEach(async () => {
    server = await ApiServer.start();
    server.access.allowToken('secret', 'admin');
    folder = await mkdtemp(join(tmpdir(), 'manifest-'));
    cluster = currentCluster(
      await loadKubeconfig({ kubeconfig: await writeKubeconfig('secret'), context: undefined }),
    );
  });

  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const writeKubeconfig = (token: string) => writeAdminKubeconfig(server, join(folder, 'config'), token);
  const put = (...objects: readonly (ClusterObject | undefined)[]) => putObjects(server, objects);

  const like = (nodeByNode = false) => manifestLikeKubeProxy({ image: IMAGE, nodeByNode }, cluster);

  describe.each([
    ['kubeadm', KUBEADM],
    ['kubespray', KUBESPRAY],
  ] as const)('of %s', (_, installer) => {
    it('differs from what runs by the image and fields that its head names', async () => {
      put(installer.workload, installer.configMap);
      const manifest = await like();
      const difference = await manifestDifference(manifest, cluster);
      expect(difference.split('\n')).toEqual([
        'ClusterRole kube-ipvs-proxy is new.',
        'ClusterRoleBinding kube-ipvs-proxy is new.',
        'DaemonSet kube-system/kube-proxy:',
        expect.stringMatching(/^ {2}spec.*\[kube-proxy\]\.image: "registry.*" → "registry\.example/),
        expect.stringMatching(/^ {2}spec.*command\[3\]: \(none\) → "--adopt"$/),
        expect.stringMatching(/^ {2}spec.*volumeMounts\[admin-socket\]: \(none\) → /),
        expect.stringMatching(/^ {2}spec.*readinessProbe: \(none\) → /),
        expect.stringMatching(/^ {2}spec.*volumes\[admin-socket\]: \(none\) → /),
        '',
      ]);
      expect(manifest.head[0]).toBe(
        'DaemonSet kube-system/kube-proxy as it runs, with ConfigMap kube-system/kube-proxy as it is. What differs:',
      );
    });

    it('changes nothing once it has been applied', async () => {
      put(installer.workload, installer.configMap);
      const manifest = await like();
      server.store.delete('daemonsets', 'kube-system/kube-proxy');
      put(...objectsIn(manifest));
      expect(await manifestDifference(manifest, cluster)).toBe(
        [
          'ClusterRole kube-ipvs-proxy stays as it is.',
          'ClusterRoleBinding kube-ipvs-proxy stays as it is.',
          'DaemonSet kube-system/kube-proxy stays as it is.\n',
        ].join('\n'),
      );
    });
  });

  it('of RKE2, with static pods, is a DaemonSet of its own', async () => {
    put(RKE2.workload);
    const manifest = await like();
    expect(objectsIn(manifest).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ClusterRole kube-ipvs-proxy',
      'ClusterRoleBinding kube-ipvs-proxy',
      'DaemonSet kube-ipvs-proxy',
    ]);
    expect(manifestText(manifest)).toMatch(
      /^# Pod kube-system\/kube-proxy-node-1 as it runs, with its flags as it is/,
    );
  });

  it('that has no kube-proxy, as with k3s, says so and what to read', async () => {
    await expect(like()).rejects.toMatchObject({
      message: expect.stringContaining('neither a DaemonSet kube-proxy nor static pods'),
      remedy: expect.stringContaining('docs/migrating/rke2-k3s.md'),
    });
  });

  it('whose ConfigMap is gone, says so', async () => {
    put((KUBEADM as RunningInstaller).workload);
    await expect(like()).rejects.toThrow('ConfigMap kube-system/kube-proxy is not there');
  });

  it('shows what a plain manifest would change: new objects, and fields by their place', async () => {
    expect(await manifestDifference(plain(), cluster)).toMatch(
      /^ServiceAccount kube-system\/kube-ipvs-proxy is new\.\n/,
    );
    put(...objectsIn(plain()));
    const other = plainManifest({ image: 'other:2', server: SERVER, overlays: ['beside-kube-proxy'] });
    const difference = await manifestDifference(other, cluster);
    expect(difference).toContain('ClusterRole kube-ipvs-proxy stays as it is.');
    expect(difference).toContain(`containers[kube-ipvs-proxy].image: "${IMAGE}" → "other:2"`);
    expect(difference).toContain(
      '    + healthzBindAddress: 0.0.0.0:10356\n    + metricsBindAddress: 127.0.0.1:10349\n',
    );
  });

  it('calls a kind that the cluster does not know new', async () => {
    expect(await manifestDifference(plain('monitoring'), cluster)).toContain(
      'PodMonitor kube-system/kube-ipvs-proxy is new.',
    );
  });

  it.each([
    ['a token that is refused', 'wrong', /gave no .*daemonsets\/kube-proxy: 401 Unauthorized/],
    ['a right that is missing', 'secret', /403 .*cannot get resource "daemonsets"/],
  ])('%s is reported', async (_, token, message) => {
    server.access.deny([{ verb: 'get', resource: 'daemonsets' }]);
    cluster = currentCluster(
      await loadKubeconfig({ kubeconfig: await writeKubeconfig(token), context: 'x' }),
    );
    await expect(like()).rejects.toThrow(message);
  });

  it('is reached with the token in the file that the kubeconfig names, beside it, before a token in itself', async () => {
    put((KUBEADM as RunningInstaller).workload, (KUBEADM as RunningInstaller).configMap);
    const kubeconfig = await writeKubeconfig('wrong');
    const text = await readFile(kubeconfig, 'utf8');
    await writeFile(kubeconfig, text.replace(/"?token"?: *"?wrong"?/, '$&, "tokenFile": "token"'));
    await writeFile(join(folder, 'token'), 'secret\n');
    cluster = currentCluster(await loadKubeconfig({ kubeconfig, context: undefined }));
    expect(objectsIn(await like())).not.toEqual([]);
    await rm(join(folder, 'token'));
    await expect(loadKubeconfig({ kubeconfig, context: undefined })).rejects.toThrow(
      /the kubeconfig cannot be read: ENOENT.*token/,
    );
  });

  it('whose kubeconfig is not there is named', async () => {
    const missing = loadKubeconfig({ kubeconfig: join(folder, 'missing'), context: undefined });
    await expect(missing).rejects.toThrow(/the kubeconfig cannot be read: ENOENT.*missing/);
  });

  it('that nobody has named is an error and no server on this machine', async () => {
    const file = join(folder, 'empty');
    await writeFile(file, 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n');
    const empty = await loadKubeconfig({ kubeconfig: file, context: undefined });
    expect(() => currentCluster(empty)).toThrow('no kubeconfig with a current context');
  });
});
