import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE } from '../../../lab/address-plan.js';
import { Agent } from '../../../lab/agent.js';
import type { Host } from '../../../lab/host.js';
import { waitUntil } from '../../../lab/wait-until.js';
import { service, slice } from '../packets/support/api-objects.js';

import { IN_TEST_KERNEL } from '../packets/support/kernel-test.js';
import { ManifestFolder } from '../packets/support/manifest-folder.js';
import { vip } from '../packets/support/vips.js';
import { FollowedCluster } from './followed-cluster.js';
import { serviceObject, sliceObject } from './objects.js';

/** Where the API server is reached: an address that is no Node's, as that of a load balancer or of keepalived. */
const SERVER = NODE_WIRE.there.IPv4;
const SERVER_PORT = 6443;
const POD_PORT = 9376;

/** As a kubelet does: the handshake alone, and whose certificate the server shows. */
const HANDSHAKE = `
const socket = require('node:tls').connect({ host: '${SERVER}', port: ${SERVER_PORT}, rejectUnauthorized: false });
const end = (text) => { console.log(text); process.exit(0); };
socket.once('secureConnect', () => end('TLS'));
socket.once('error', () => end('no TLS'));
socket.once('end', () => end('no TLS'));
setTimeout(() => end('no TLS'), 3000);`;

describe.skipIf(!IN_TEST_KERNEL)("a Service that claims the API server's address and port", () => {
  let cluster: FollowedCluster;
  let attacker: Host;
  let victim: Host;

  beforeAll(async () => {
    cluster = await FollowedCluster.create(['h2'], { behindNode: false });
    [attacker, victim] = cluster.lab.pods as [Host, Host, Host];
    await cluster.agent.ready();
  });

  afterAll(() => cluster?.close());

  async function kubeletSees(): Promise<string> {
    const { stdout } = await cluster.lab.node.namespace.try([process.execPath, '-e', HANDSHAKE]);
    return stdout.trim();
  }

  async function boundAddresses(): Promise<string> {
    const { stdout } = await cluster.lab.node.namespace.try([
      'ip',
      '-o',
      'address',
      'show',
      'dev',
      'kube-ipvs0',
    ]);
    return stdout;
  }

  async function create(name: string, number: number, pod: Host, more: object = {}): Promise<void> {
    const { server } = cluster;
    const { spec, ...rest } = serviceObject(name, vip(number).IPv4);
    const object = { ...rest, spec: { ...(spec as object), ...more } };
    await server.tell({ kind: 'create', resource: 'services', object });
    await server.tell({ kind: 'create', resource: 'endpointslices', object: sliceObject(name, [pod]) });
  }

  async function served(number: number, by: string): Promise<void> {
    const request = { address: vip(number).IPv4, port: 80, protocol: 'TCP', patience: 1000 } as const;
    const isServed = async () => JSON.stringify(await cluster.lab.node.ask(request)).includes(`"${by}"`);
    await waitUntil(isServed, { what: `${request.address} to be served by ${by}`, seconds: 60 });
  }

  const claim = {
    externalIPs: [SERVER],
    ports: [{ name: 'http', protocol: 'TCP' as const, port: SERVER_PORT, targetPort: POD_PORT }],
  };

  it('does not get it, which is reported', async () => {
    expect(await kubeletSees()).toBe('TLS');
    await create('attacker', 1, attacker, claim);
    await cluster.agent.until('the refusal', ({ agent }) =>
      (agent?.problems ?? []).some(
        ({ service: name, message }) =>
          name === 'default/attacker' && message.includes(`${SERVER} is the API server`),
      ),
    );
    expect(await boundAddresses()).not.toContain(SERVER);
  });

  it('keeps neither the node nor the agent from the API server', async () => {
    expect(await kubeletSees()).toBe('TLS');
    await create('victim', 2, victim);
    await served(2, victim.name);
  });

  it('loses it at the next start where it had been bound, and is reported again', async () => {
    await cluster.restartAgent(async () => {
      const folder = await ManifestFolder.create();
      const binding = new Agent(cluster.lab.node, {
        manifests: folder.path,
        adminSocket: join(folder.path, '..', 'binding-agent.sock'),
        arguments: ['--node-name', 'node-1'],
      });
      await folder.put('attacker', [
        service({
          name: 'attacker',
          clusterIPs: [vip(1).IPv4],
          ports: claim.ports,
          spec: { externalIPs: [SERVER] },
        }),
        slice({
          service: 'attacker',
          family: 'IPv4',
          ports: [{ name: 'http', port: POD_PORT }],
          endpoints: [attacker.addresses.IPv4],
        }),
      ]);
      await binding.ready();
      await binding.stop();
      await folder.remove();
      expect(await boundAddresses()).toContain(SERVER);
      expect(await kubeletSees()).toBe('no TLS');
    });
    await cluster.agent.ready();
    expect(await kubeletSees()).toBe('TLS');
    expect(await boundAddresses()).not.toContain(SERVER);
    await create('late', 3, victim);
    await served(3, victim.name);
  });
});
