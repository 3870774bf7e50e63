import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import type { StatusReport } from '../../../src/model/status-report.js';
import { Cluster } from './support/cluster.js';
import { everyWay } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';

const NODE_PORT = 2_200;
/** Where a pod accepts connections and says nothing. */
const SILENT_PORT = 9_377;
/** 1024–2047 and, above, none: so there are 1,024 ports for masqueraded clients. */
const CONFIG = `
apiVersion: kube-ipvs-proxy.io/v1alpha1
kind: KubeIpvsProxyConfiguration
nodePortRange: 2048-65535
`;
const PORTS = 1_024;

describe.skipIf(!IN_TEST_KERNEL)('what is nearly exhausted', () => {
  let cluster: Cluster;
  let pod: Host;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-watch-'));
    const config = join(folder, 'config.yaml');
    await writeFile(config, CONFIG);
    cluster = await Cluster.create({ arguments: ['--config', config] });
    const [first] = cluster.lab.pods;
    if (first === undefined) throw new Error('a pod expected');
    pod = first;
    await pod.accept(SILENT_PORT, 'TCP');
    const ports = [{ port: 80, nodePort: NODE_PORT }];
    await cluster.folder.put(
      'web',
      everyWay({ name: 'web', number: 1, ports, podPort: SILENT_PORT, pods: [pod] }),
    );
    await cluster.startAgent();
    const isServed = () => cluster.lab.outside.holdMany(1, target).then((close) => close().then(() => true));
    await waitUntil(() => isServed().catch(() => false), { what: 'the NodePort to be served' });
  });

  afterAll(async () => {
    await cluster?.close();
    await rm(folder, { recursive: true });
  });

  const target = { address: OUTSIDE_WIRE.here.IPv4, port: NODE_PORT, protocol: 'TCP' } as const;
  const aboutPorts = ({ agent }: StatusReport) =>
    (agent?.problems ?? []).filter(({ message }) => message.includes('source ports'));
  const aboutConntrack = ({ agent }: StatusReport) =>
    (agent?.problems ?? []).filter(({ subject }) => subject === 'connection tracking');

  it('reports source ports before connections fail, and no more afterwards', {
    timeout: 600_000,
  }, async () => {
    const close = await cluster.lab.outside.holdMany(PORTS * 0.95, { ...target, patience: 10_000 });
    const report = await cluster.agent.until(
      'the ports to be reported',
      (status) => aboutPorts(status).length > 0,
      60,
    );
    expect(aboutPorts(report)).toEqual([
      expect.objectContaining({
        subject: 'Service default/web',
        message: expect.stringContaining(`1,024 source ports 1024–2047`),
      }),
    ]);
    const some = await cluster.lab.outside.holdMany(5, { ...target, patience: 10_000 });
    expect(cluster.agent.log.join('\n')).toMatch(/default\/web.*source ports/);
    await Promise.all([close(), some()]);
    await cluster.lab.node.namespace.run(['conntrack', '-F']);
    // After a look there is none for 400 times as long as it took, which a slow kernel makes minutes.
    await cluster.agent.until(
      'the ports not to be reported',
      (status) => aboutPorts(status).length === 0,
      300,
    );
  });

  it('reports connection tracking, and no more afterwards', async () => {
    const close = await cluster.lab.outside.holdMany(200, { ...target, patience: 10_000 });
    const count = await cluster.lab.node.namespace.run(['cat', '/proc/sys/net/netfilter/nf_conntrack_count']);
    const usual = await limit();
    try {
      await setLimit(String(Math.floor(Number(count) * 1.05)));
      const report = await cluster.agent.until(
        'it to be reported',
        (status) => aboutConntrack(status).length > 0,
      );
      expect(aboutConntrack(report)[0]?.message).toContain('once it has all');
    } finally {
      await setLimit(usual);
    }
    await cluster.agent.until('it not to be reported', (status) => aboutConntrack(status).length === 0);
    await close();
  });
});

// The limit is one for all namespaces, and can be written in the first only.
async function limit(): Promise<string> {
  return (await readFile('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8')).trim();
}

async function setLimit(value: string): Promise<void> {
  await writeFile('/proc/sys/net/netfilter/nf_conntrack_max', value);
}
