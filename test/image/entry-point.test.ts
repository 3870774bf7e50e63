import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POD_PORT, PODS, SERVICE } from '../../examples/hostnames/hostnames-cluster.js';
import { Lab } from '../../lab/lab.js';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import { waitUntil } from '../../lab/wait-until.js';
import { configMap, containersOf, daemonSet } from '../deploy/support/deployments.js';
import { builtImage } from './support/image.js';
import { writeBundle } from './support/oci-bundle.js';
import { RunningContainer } from './support/running-container.js';

/** A folder for each volume of the pod. */
function volumesBelow(folder: string) {
  const made = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  return { config: made('config'), 'admin-socket': made('admin-socket'), scratch: made('scratch') };
}

/** The ConfigMap as it is, but that the Services come from a folder beside it: there is no API server here. */
function writeConfiguration(folder: string): void {
  const text = configMap('base').data?.['config.conf'] ?? '';
  writeFileSync(join(folder, 'config.conf'), `${text}manifests: /var/lib/kube-proxy/hostnames\n`);
  cpSync(join(PROJECT_FOLDER, 'examples/hostnames'), join(folder, 'hostnames'), { recursive: true });
}

/** CAP_NET_ADMIN (linux/capability.h) as /proc shows a set of capabilities. */
const ONLY_NET_ADMIN = (1n << 12n).toString(16).padStart(16, '0');

describe('the image, run as the DaemonSet says', () => {
  const { main } = containersOf(daemonSet('base'));
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  let lab: Lab;
  let agent: RunningContainer;

  beforeAll(async () => {
    lab = await Lab.create({ pods: PODS });
    await Promise.all(lab.pods.map((pod) => pod.serve(POD_PORT, 'TCP')));
    const volumes = volumesBelow(folder);
    writeConfiguration(volumes.config);
    const bundle = join(folder, 'bundle');
    writeBundle(bundle, main, {
      ...builtImage(),
      networkNamespace: `/run/netns/${lab.node.namespace.name}`,
      volumes,
      variables: { NODE_NAME: 'node' },
    });
    agent = new RunningContainer('agent', bundle);
  });

  afterAll(async () => {
    await agent?.stop();
    await lab?.close();
    rmSync(folder, { recursive: true });
  });

  it('programs the Service, as `kubectl exec … kube-ipvs-proxy status` shows', async () => {
    const look = async () => {
      if (!agent.running) throw new Error(`the container ended\n${agent.log.join('\n')}`);
      const { stdout } = await agent.exec('kube-ipvs-proxy', 'status', '--output', 'json');
      const report = stdout === '' ? undefined : JSON.parse(stdout);
      return report?.agent?.synced === true && report;
    };
    const report = await waitUntil(look, { what: `everything programmed`, seconds: 90 });
    expect(report.virtualServers).toHaveLength(1);
  });

  it('lets every pod of the Service answer a client outside of the cluster', async () => {
    const answers = await lab.outside.askTimes(9, SERVICE);
    const names = answers.map((answer) => (answer.kind === 'answered' ? answer.pod : answer.kind));
    for (const pod of PODS) expect(names.filter((name) => name === pod)).toHaveLength(3);
  });

  it('has NET_ADMIN and no other capability, gains none, and has its system calls filtered', async () => {
    const { stdout } = await agent.exec('cat', '/proc/1/status');
    const field = (name: string) => new RegExp(`^${name}:\\s+(.+)$`, 'm').exec(stdout)?.[1];
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(field(set), set).toBe(ONLY_NET_ADMIN);
    expect(field('Uid')).toMatch(/^0\b/);
    expect(field('NoNewPrivs')).toBe('1');
    expect(field('Seccomp')).toBe('2');
  });

  it('can write nowhere but into its volumes', async () => {
    const places = [
      '/',
      '/opt/kube-ipvs-proxy',
      '/etc',
      '/proc/sys/net/ipv4/ip_forward',
      '/var/lib/kube-proxy',
    ];
    for (const place of places) {
      const { code } = await agent.exec(
        'sh',
        '-c',
        `[ -d ${place} ] && touch ${place}/new || echo 1 >${place}`,
      );
      expect(code, place).not.toBe(0);
    }
    for (const place of ['/tmp', '/run/kube-ipvs-proxy'])
      expect((await agent.exec('touch', `${place}/new`)).code, place).toBe(0);
  });

  it('has the licences of all that is in it', async () => {
    const text = async (path: string) => {
      const { code, stdout } = await agent.exec('cat', path);
      expect(code, path).toBe(0);
      return stdout;
    };
    const bundled = await text('/usr/share/doc/kube-ipvs-proxy/third-party-licences.txt');
    const { dependencies } = JSON.parse(readFileSync(join(PROJECT_FOLDER, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries(dependencies))
      expect(bundled).toContain(`${name} ${version}: `);
    expect(bundled).toContain('Permission is hereby granted');
    expect(await text('/usr/share/doc/kube-ipvs-proxy/node-licence.txt')).toContain('Node.js is licensed');
    for (const name of ['libnl-3-200', 'libnl-route-3-200', 'kmod', 'libstdc++6'])
      expect(await text(`/usr/share/doc/${name}/copyright`)).not.toBe('');
    expect(await text('/opt/kube-ipvs-proxy/LICENSE')).toContain('Apache License');
    expect(await text('/opt/kube-ipvs-proxy/NOTICE')).toContain('libnl 3');
  });

  it('prints what to apply, and tells what it was built from', async () => {
    const manifest = await agent.exec(
      ...[
        'kube-ipvs-proxy',
        'manifest',
        '--image',
        'r.example.com/p:1',
        '--server',
        'https://a.example.com:6443',
      ],
    );
    expect(manifest.code).toBe(0);
    expect(manifest.stdout.match(/image: r\.example\.com\/p:1/g)).toHaveLength(2);
    const { code, stdout, stderr } = await agent.exec('kube-ipvs-proxy', 'version', '-o', 'json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      node: expect.stringMatching(/^v24\./),
      libnl: expect.stringMatching(/^3\.\d+\.\d+$/),
    });
  });

  it('ends in good order when it is stopped, and the Service goes on working', async () => {
    expect(await agent.stop()).toBe(0);
    expect((await lab.outside.ask(SERVICE)).kind).toBe('answered');
  });
});
