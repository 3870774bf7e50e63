import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './packets/support/cluster.js';
import { dualStack } from './packets/support/dual-stack.js';
import { IN_TEST_KERNEL } from './packets/support/kernel-test.js';
import { vip } from './packets/support/vips.js';
import { keepBundles } from './support/keep-failures.js';

describe.skipIf(!IN_TEST_KERNEL)('a support bundle of a node', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    const { pods } = cluster.lab;
    await cluster.folder.put('web', dualStack({ name: 'web', vip: vip(1), pods }));
    await cluster.startAgent();
  });

  afterAll(async () => {
    await cluster.close();
    rmSync(folder, { recursive: true });
  });

  const member = (file: string, name: string) =>
    execFileSync('tar', ['-xzOf', file, `kube-ipvs-proxy-support/${name}`], { encoding: 'utf8' });
  const failuresOf = (file: string) =>
    (JSON.parse(member(file, 'manifest.json')) as { failures: { name: string }[] }).failures.map(
      ({ name }) => name,
    );
  // Where modules are built in there is no such list.
  const unknown = ['kernel/modules.txt'];

  it('has what the agent says, its log, and what this kernel has of Services', async () => {
    const file = join(folder, 'running.tar.gz');
    const { stderr } = await cluster.command('support-bundle', '-o', file);
    expect(stderr).toContain(`${file} has `);
    expect(unknown).toEqual(expect.arrayContaining(failuresOf(file)));
    expect(JSON.parse(member(file, 'agent/status.json')).agent.synced).toBe(true);
    expect(member(file, 'agent/services.jsonl')).toContain('"service":"default/web"');
    expect(member(file, 'agent/events.jsonl')).toContain('bind-vip');
    expect(member(file, 'agent/metrics.txt')).toContain('kubeproxy_sync_proxy_rules_duration_seconds');
    expect(JSON.parse(member(file, 'agent/configz.json'))).toHaveProperty(['kubeproxy.config.k8s.io']);
    expect(member(file, 'agent/flagz.txt')).toContain('\nlog-level=info\n');
    expect(member(file, 'agent/log.jsonl')).toContain('"msg":"started"');
    expect(member(file, 'kernel/addresses.txt')).toContain(`${vip(1).IPv4}\n`);
    expect(member(file, 'kernel/services.jsonl')).toContain('"service":"default/web"');
    expect(member(file, 'kernel/rules.txt')).toMatch(
      /chain inet kube-ipvs-proxy \S+ hook[^\n]*\n {2}rule \d+ \[ /,
    );
    expect(member(file, 'kernel/sysctls.txt')).toContain('net.ipv4.vs.conntrack = 1\n');
  });

  it('is kept of a test that fails, for each agent that runs', async () => {
    const files = await keepBundles('a test: with "odd" words', folder);
    expect(files).toEqual([join(folder, 'a-test-with-odd-words-0.tar.gz')]);
    expect(failuresOf(files[0] ?? '')).not.toContain('agent/status.json');
  });

  it('of one whose agent was killed has what the kernel says, and ends with 3', async () => {
    await cluster.agent.kill();
    const file = join(folder, 'killed.tar.gz');
    const { code, stderr } = await cluster.command('support-bundle', '-o', file);
    expect(code).toBe(3);
    expect(stderr).toContain('No agent answered');
    expect(member(file, 'kernel/services.jsonl')).toContain('"service":"default/web"');
    expect(failuresOf(file)).toContain('agent/status.json');
  });
});
