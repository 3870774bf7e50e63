import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_WIRE, OUTSIDE_WIRE } from '../../../lab/address-plan.js';
import { FAMILIES } from '../../../src/model/address.js';
import {
  FIREWALLS,
  foreignTables,
  NEWER_SETS,
  type Neighbour,
  nftOfDebian,
} from '../neighbours/neighbours.js';
import { Cluster } from './support/cluster.js';
import { everyWay, external } from './support/every-way.js';
import { IN_TEST_KERNEL, WITH_NEIGHBOURS } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { operationsSince } from './support/summaries.js';
import { vip } from './support/vips.js';

/** 8080 is also the port that Docker publishes for its container. */
const PORTS = [
  { name: 'web', port: 80, nodePort: 30_001 },
  { name: 'other', port: 8080, nodePort: 30_002 },
];

const NODES: readonly { readonly what: string; readonly neighbours: readonly Neighbour[] }[] = [
  { what: FIREWALLS.map(({ name }) => name).join(', '), neighbours: FIREWALLS },
  { what: NEWER_SETS.name, neighbours: [NEWER_SETS] },
];

describe.skipIf(!IN_TEST_KERNEL || WITH_NEIGHBOURS).each(NODES)('on a node with $what', ({ neighbours }) => {
  let cluster: Cluster;
  let before: string;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    const { node, pods } = cluster.lab;
    for (const neighbour of neighbours) await neighbour.lay(node.namespace);
    before = await foreignTables(node.namespace);
    await cluster.folder.put(
      'web',
      everyWay({ name: 'web', number: 1, ports: PORTS, pods: pods.slice(1, 2) }),
    );
  });

  afterAll(() => cluster?.close());

  it('plan tells what a start would do', async () => {
    const { path } = cluster.folder;
    const { code, stdout, stderr } = await cluster.command(
      'plan',
      '--manifests',
      path,
      '--node-name',
      'node-1',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(vip(1).IPv4);
  });

  it('the agent starts, and status finds nothing wrong', async () => {
    await cluster.startAgent();
    expect(await cluster.command('status')).toMatchObject({ code: 0, stderr: '' });
  });

  for (const family of FAMILIES)
    it(`Services are reached by every way: ${family}`, async () => {
      const { outside, node, pods } = cluster.lab;
      const nodeAddress = { inside: NODE_WIRE.here[family], outside: OUTSIDE_WIRE.here[family] };
      for (const { port, nodePort } of PORTS) {
        const outer = [external(1), external(101)].map((place) => ({ address: place[family], port }));
        const inner = [...outer, { address: vip(1)[family], port }];
        for (const client of [pods[0] ?? node, node])
          for (const place of [...inner, { address: nodeAddress.inside, port: nodePort }])
            expect(await walk(client, place)).toMatch(/^pod-1 sees /);
        for (const place of [...outer, { address: nodeAddress.outside, port: nodePort }])
          expect(await walk(outside, place)).toMatch(/^pod-1 sees /);
      }
      expect(await walk(pods[0] ?? node, { address: vip(1)[family], port: 81 })).toBe('refused');
    });

  it('a restart changes nothing', async () => {
    await cluster.agent.stop();
    await cluster.startAgent();
    expect(operationsSince(cluster.agent, 0)).toEqual({});
  });

  it('cleanup takes away what is ours and nothing else', async () => {
    await cluster.agent.stop();
    expect(await cluster.command('cleanup')).toMatchObject({ code: 0, stderr: '' });
    const { namespace } = cluster.lab.node;
    expect(await namespace.run([nftOfDebian(13), 'list', 'tables'])).not.toContain('kube-ipvs-proxy');
    expect(await foreignTables(namespace)).toBe(before);
  });
});

// By the nft of Debian 12 and of the releases before and after it: operators look with the one of their node.
describe.skipIf(!IN_TEST_KERNEL || WITH_NEIGHBOURS)('the table inet kube-ipvs-proxy', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create({ arguments: ['--node-name', 'node-1'] });
    await cluster.folder.put(
      'web',
      everyWay({ name: 'web', number: 1, ports: PORTS, pods: cluster.lab.pods }),
    );
    await cluster.startAgent();
  });

  afterAll(() => cluster?.close());

  const list = (nft: string) =>
    cluster.lab.node.namespace.run([nft, 'list', 'table', 'inet', 'kube-ipvs-proxy']);

  for (const [release, nft] of [
    ['11', nftOfDebian(11)],
    ['13', nftOfDebian(13)],
  ] as const)
    it(`is shown by the nft of Debian ${release} as by that of Debian 12`, async () => {
      const [shown, byDebian12] = [await list(nft), await list('nft')];
      expect(rulesByChain(byDebian12).get('guard')).toBeGreaterThan(0);
      expect(rulesByChain(shown)).toEqual(rulesByChain(byDebian12));
      expect(setNames(shown)).toEqual(setNames(byDebian12));
      for (const { IPv4, IPv6 } of [vip(1), external(1)])
        for (const address of [IPv4, IPv6]) expect(shown).toContain(address);
      expect(shown).not.toMatch(/(?<!ct state )invalid|unknown/);
    });
});

/** How many rules a listing shows in each chain, without its line of type and policy. */
function rulesByChain(listing: string): Map<string, number> {
  const chains = listing.matchAll(/^\tchain (\S+) \{\n((?:\t\t.*\n)*)/gm);
  return new Map([...chains].map(([, name = '', body = '']) => [name, ruleLines(body).length]));
}

function ruleLines(body: string): string[] {
  return body.split('\n').filter((line) => line !== '' && !line.startsWith('\t\ttype '));
}

function setNames(listing: string): string[] {
  return [...listing.matchAll(/^\t(?:set|map) (\S+) \{$/gm)].map(([, name = '']) => name).sort();
}
