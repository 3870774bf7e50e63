import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../lab/wait-until.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { vip } from './support/vips.js';

const WEB = vip(1);
const WEB_TARGET = { address: WEB.IPv4, port: 80, protocol: 'TCP' } as const;

interface Listed {
  readonly source: string;
  readonly items: readonly { readonly service: string; readonly state: string; readonly counts: object }[];
}

describe.skipIf(!IN_TEST_KERNEL)('commands that look', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods: cluster.lab.pods }));
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  async function listed(...words: readonly string[]): Promise<Listed> {
    return JSON.parse((await cluster.command(...words, '-o', 'json')).stdout) as Listed;
  }

  it('list the frontends of Services with what the kernel has', async () => {
    const { items, source } = await listed('services', 'web');
    expect(source).toBe('agent');
    expect(items).toHaveLength(2);
    for (const item of items)
      expect(item).toMatchObject({
        service: 'default/web',
        state: 'programmed',
        counts: { servers: 3, taking: 3 },
      });
  });

  it('count the connections of each server, and show them with their clients', async () => {
    const held = await cluster.lab.outside.hold(WEB_TARGET);
    const { code, stdout } = await cluster.command('backends', `${WEB.IPv4}:80`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/-> \S+:\d+ +1 +1 +0\n/);
    const connections = await cluster.command('connections', 'web');
    expect(connections).toMatchObject({ code: 0, stderr: '' });
    expect(connections.stdout).toMatch(/^default\/web\S* .* ESTABLISHED +\d+s$/m);
    await held.close();
  });

  it('find no difference until another program makes one, and then name it', async () => {
    expect(await cluster.command('diff')).toMatchObject({ code: 0, stdout: 'The kernel is as desired.\n' });
    await cluster.lab.node.namespace.run(['ipvsadm', '-D', '-t', `${WEB.IPv4}:80`]);
    const { code, stdout } = await cluster.command('diff');
    // The audit may have been faster.
    if (code !== 0) expect(stdout).toContain(`${WEB.IPv4}:80/TCP`);
    const repaired = async () => (await cluster.command('services')).code === 0;
    await waitUntil(repaired, { what: 'the audit to put it right', seconds: 60 });
  });

  it('show each write with its cause', async () => {
    const { code, stdout } = await cluster.command('events');
    expect(code).toBe(0);
    expect(stdout).toContain(`add-virtual-server ${WEB.IPv4}:80/TCP`);
    expect(stdout).toContain('because: Service default/web or an EndpointSlice of it changed');
  });

  it('name the EndpointSlice because of which something was written', async () => {
    const pods = cluster.lab.pods.slice(0, 2);
    await cluster.folder.put('web', dualStack({ name: 'web', vip: WEB, pods }));
    const isNamed = async () =>
      /because: EndpointSlice default\/web/.test((await cluster.command('events')).stdout);
    await waitUntil(isNamed, { what: 'the slice to be named', seconds: 60 });
  });

  it('read the kernel alone where no agent runs, and say so', async () => {
    await cluster.agent.stop();
    const { code, stdout, stderr } = await cluster.command('services');
    expect(code).toBe(3);
    expect(stderr).toBe('The agent is not running. This is what the kernel has.\n');
    expect(stdout).toContain('default/web');
    expect((await listed('backends', 'web')).source).toBe('kernel');
  });
});
