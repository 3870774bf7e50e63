import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_PODS } from '../../../lab/address-plan.js';
import type { StatusReport } from '../../../src/model/status-report.js';
import { Cluster } from './support/cluster.js';
import { everyWay } from './support/every-way.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

/** The lab's programs keep the machine's /sys, which shows the devices of another namespace. */
const WITH_OWN_SYS = ['unshare', '--mount', 'sh', '-c', 'mount -t sysfs sysfs /sys && exec "$@"', 'sh'];

/** The watch looks at flows every 30 s, when its turn of 10 s comes. */
const TIME_FOR_TWO_LOOKS = 80_000;
/** Seconds. */
const PATIENCE = 120;

const MODULE = 'br_netfilter';
const SYSCTL = '/proc/sys/net/bridge/bridge-nf-call-iptables';
/** User-mode Linux is built without it. */
const HAS_MODULE = spawnSync('modprobe', ['--dry-run', '--quiet', MODULE]).status === 0;

describe.skipIf(!IN_TEST_KERNEL)('pods behind a bridge whose packets pass no netfilter', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ within: WITH_OWN_SYS });
    const [, server] = cluster.lab.pods;
    if (server === undefined) throw new Error('two pods expected');
    await cluster.folder.put(
      'web',
      everyWay({ name: 'web', number: 1, ports: [{ port: 80 }], pods: [server] }),
    );
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const ask = () => {
    const [client] = cluster.lab.pods;
    return client?.ask({ address: vip(1).IPv4, port: 80, protocol: 'TCP' });
  };
  const complaints = ({ agent }: StatusReport) =>
    (agent?.problems ?? []).filter(({ subject }) => subject.startsWith('bridge'));

  /** The pods reach one another over the bridge, as CNI's plugin of that name has them; or by the node. */
  const reachNeighbours = async (how: 'add' | 'del') => {
    for (const pod of cluster.lab.pods)
      await pod.namespace.ip([`route ${how} ${NODE_PODS.cidrs.IPv4} dev eth0`]);
  };

  /** A client that asks twice a second while something is waited for. */
  const whileAsking = async <T>(wait: () => Promise<T>): Promise<T> => {
    let goesOn = true;
    const asking = (async () => {
      for (; goesOn; await setTimeout(500)) await ask();
    })();
    try {
      return await wait();
    } finally {
      goesOn = false;
      await asking;
    }
  };

  it('are not complained of while they answer through the node', async () => {
    await whileAsking(() => setTimeout(TIME_FOR_TWO_LOOKS));
    const report = await cluster.agent.status();
    expect(report && complaints(report)).toEqual([]);
    expect(await ask()).toMatchObject({ kind: 'answered' });
  });

  it('are reported in status and log once nobody answers through the node', async () => {
    await reachNeighbours('add');
    await cluster.lab.node.namespace.run(['conntrack', '-F']);
    expect(await ask()).toMatchObject({ kind: 'timed out' });
    const report = await whileAsking(() =>
      cluster.agent.until('the bridge to be reported', (status) => complaints(status).length > 0, PATIENCE),
    );
    expect(complaints(report)).toEqual([
      expect.objectContaining({
        subject: 'bridge cni0',
        message: expect.stringContaining('br_netfilter is not loaded'),
        remedy: expect.stringContaining('net.bridge.bridge-nf-call-iptables'),
      }),
    ]);
    expect(cluster.agent.log.filter((line) => line.includes('bridge cni0'))).toHaveLength(1);
  });

  it('are no longer reported once they answer through the node again', async () => {
    await reachNeighbours('del');
    await whileAsking(() =>
      cluster.agent.until(
        'the bridge not to be reported',
        (status) => complaints(status).length === 0,
        PATIENCE,
      ),
    );
  });

  describe.runIf(HAS_MODULE)('with br_netfilter', () => {
    beforeAll(async () => {
      await reachNeighbours('add');
      execFileSync('modprobe', [MODULE]);
    });

    // It would change the way of the packets of all tests that follow.
    afterAll(() => execFileSync('modprobe', ['--remove', MODULE]));

    it('are answered over the bridge while its sysctl is 1', async () => {
      await cluster.lab.node.write(SYSCTL, '1');
      await cluster.lab.node.namespace.run(['conntrack', '-F']);
      expect(await ask()).toMatchObject({ kind: 'answered' });
    });

    it('are reported once its sysctl is 0, and no longer once it is 1 again', {
      timeout: 600_000,
    }, async () => {
      const { node } = cluster.lab;
      await node.write(SYSCTL, '0');
      await node.namespace.run(['conntrack', '-F']);
      expect(await ask()).toMatchObject({ kind: 'timed out' });
      const isReported = (status: StatusReport) => complaints(status).length > 0;
      const report = await whileAsking(() =>
        cluster.agent.until('the bridge to be reported', isReported, PATIENCE),
      );
      expect(complaints(report)).toEqual([
        expect.objectContaining({
          subject: 'bridge cni0',
          message: expect.stringContaining('net.bridge.bridge-nf-call-iptables is 0'),
        }),
      ]);
      await node.write(SYSCTL, '1');
      await whileAsking(() =>
        cluster.agent.until('the bridge not to be reported', (status) => !isReported(status), PATIENCE),
      );
    });
  });
});
