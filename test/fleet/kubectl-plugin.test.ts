import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Right, Verb } from '../../lab/api-server/access.js';
import { ApiServer } from '../../lab/api-server/api-server.js';
import type { PodBehaviour } from '../../lab/api-server/pod-exec.js';
import { DEPLOY } from '../deploy/support/deployments.js';
import { schemaComplaints } from '../deploy/support/schema-check.js';
import { writeAdminKubeconfig } from '../install/cluster.js';
import { addAgentPod, buildProgram, ran } from './programs.js';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-plugin-'));
/** As in its archive: one file with nothing beside it. */
const PLUGIN = join(folder, 'kubectl-ipvs');
const SENTENCE = 'default/web works on this node.\n';

let server: ApiServer;
let kubeconfig: string;

beforeAll(() => buildProgram('src/main-kubectl.ts', PLUGIN));

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  server = await ApiServer.start();
  server.access.allowToken('secret', 'admin');
  kubeconfig = await writeAdminKubeconfig(server, join(folder, 'kubeconfig'), 'secret');
  addAgent('node-1', () => ({ code: 0, stdout: SENTENCE }));
  addAgent('node-2', () => ({ code: 1, stdout: 'default/web does not work on this node.\n' }));
});

afterEach(() => server.close());

const addAgent = (node: string, behaviour: PodBehaviour) => addAgentPod(server, node, behaviour);

/** As kubectl runs it: `kubectl ipvs WORDS`. */
const plugin = (...words: readonly string[]) =>
  ran(PLUGIN, words, { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig });

const asked = () => server.exec.asked.map(({ pod, command }) => `${pod}: ${command.join(' ')}`).sort();

describe('kubectl ipvs', () => {
  it('asks all nodes where none is named', async () => {
    expect(await plugin('why', 'web')).toEqual({
      code: 1,
      stderr: '',
      stdout: `1 of 2 nodes has it not working: node-2.
1 of 2 nodes has it working.

NODE    STATE    ANSWER
node-1  good     default/web works on this node.
node-2  problem  default/web does not work on this node.
`,
    });
    expect(asked()).toEqual([
      'agent-node-1: kube-ipvs-proxy why web',
      'agent-node-2: kube-ipvs-proxy why web',
    ]);
  });

  it('shows with check the verdict of each node, and each problem as a whole', async () => {
    const report = (name: string) =>
      readFileSync(new URL(`../cli/golden/${name}.txt`, import.meta.url), 'utf8');
    server.exec.behave('agent-node-1', () => ({ code: 0, stdout: report('check') }));
    server.exec.behave('agent-node-2', () => ({ code: 1, stdout: report('check-problems') }));
    const { code, stdout } = await plugin('check');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^1 of 2 nodes does not pass: node-2\.\n1 of 2 nodes passes\.\n/);
    expect(stdout).toContain('node-1  good     This node is fit for Services: 13 of 13 checks are fine.\n');
    expect(stdout).toContain(
      '  ! sysctls: net.ipv4.ip_forward is 0 instead of 1, so replies of pods do not pass through this node (KIP307)\n',
    );
    expect(asked()).toEqual(['agent-node-1: kube-ipvs-proxy check', 'agent-node-2: kube-ipvs-proxy check']);
  });

  it('passes on what the named node says, with its exit code', async () => {
    expect(await plugin('services', '--node', 'node-1', '-n', 'shop', '--stats')).toEqual({
      code: 0,
      stderr: '',
      stdout: SENTENCE,
    });
    expect(asked()).toEqual(['agent-node-1: kube-ipvs-proxy services -n shop --stats']);
  });

  it('lays down the support bundle of a node here, byte for byte', async () => {
    addAgent('node-3', () => ({ code: 3, stdout: 'an\narchive\n\u0000', stderr: 'No agent answered.\n' }));
    const file = join(folder, 'bundle.tar.gz');
    const { code, stdout, stderr } = await plugin('support-bundle', '--node', 'node-3', '-o', file);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(`No agent answered.\nIt is in ${file}.\n`);
    expect(readFileSync(file, 'latin1')).toBe('an\narchive\n\u0000');
    expect(asked()).toEqual(['agent-node-3: kube-ipvs-proxy support-bundle -o -']);
  });

  it('says that a command which shows one node needs its name', async () => {
    const { code, stderr } = await plugin('services');
    expect(stderr).toContain('services shows one node; name it with --node');
    expect(code).toBe(2);
  });

  it('explains a code without a cluster', async () => {
    kubeconfig = '/nowhere';
    const { code, stdout } = await plugin('why', '--explain', 'KIP102');
    expect(stdout).toMatch(/^KIP102 endpoint not ready/);
    expect(code).toBe(0);
  });

  it('ends with 3 where there is no cluster, no such node or no agent on it', async () => {
    server.store.create('nodes', { metadata: { name: 'node-3' } });
    const runs = await Promise.all([
      plugin('status', '--kubeconfig', '/nowhere'),
      plugin('services', '--kubeconfig', '/nowhere', '--node', 'node-1'),
      plugin('services', '--node', 'node-9'),
      plugin('services', '--node', 'node-3'),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([3, 3, 3, 3]);
    expect(runs[2]?.stderr).toContain("there is no Linux node 'node-9'");
    expect(runs[3]?.stderr).toContain('node node-3 has no agent');
  });

  it('has help and a version without a cluster', async () => {
    kubeconfig = '/nowhere';
    const help = await plugin('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: kubectl ipvs [\s\S]*the others\nneed --node/);
    expect(await plugin('status', '--nonsense')).toMatchObject({ code: 2 });
  });
});

describe('completion at the prompt of a shell, as kubectl asks for it', () => {
  const offered = async (...words: string[]) => {
    const { code, stdout, stderr } = await plugin('__complete', ...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    return { names: lines.slice(0, -1).map((line) => line.split('\t')[0]), otherwise: lines.at(-1) };
  };

  it('offers commands, and of a command its flags with what they mean', async () => {
    expect((await offered('')).names).toEqual(expect.arrayContaining(['why', 'services', 'support-bundle']));
    expect(await offered('ser')).toEqual({ names: ['services'], otherwise: ':4' });
    expect(await offered('services', '--so')).toEqual({ names: ['--sort-by'], otherwise: ':4' });
    const { stdout } = await plugin('__complete', 'services', '--vip');
    expect(stdout).toBe('--vip\tat this VIP only: ADDRESS or ADDRESS:PORT\n:4\n');
  });

  it('offers the values of a flag, of --node those of the cluster, and files where one is meant', async () => {
    expect((await offered('services', '--sort-by', 'a')).names).toEqual(['active']);
    expect((await offered('services', '-o', '')).names).toContain('wide');
    expect((await offered('why', 'web', '--node', 'node-')).names).toEqual(['node-1', 'node-2']);
    expect(await offered('why', '--kubeconfig', '')).toEqual({ names: [], otherwise: ':0' });
  });

  it('offers nothing, and says nothing, where there is no cluster, no such command, or a flag for itself', async () => {
    expect((await offered('status', '--help', '--version')).names).toEqual([]);
    expect((await offered('nonsense', '')).names).toEqual([]);
    kubeconfig = '/nowhere';
    expect((await offered('services', '--node', '')).names).toEqual([]);
  });

  it('is asked for by a program that the plugin prints', async () => {
    const { stdout } = await plugin('completion');
    const program = join(folder, 'kubectl_complete-ipvs');
    writeFileSync(program, stdout, { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder };
    expect(execFileSync(program, ['dif'], { env, encoding: 'utf8' })).toMatch(/^diff\t.*\n:4\n$/);
  });

  it.skipIf(!hasKubectl())('is what kubectl offers', () => {
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder };
    const said = execFileSync('kubectl', ['__complete', 'ipvs', 'sup'], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(said).toMatch(/^support-bundle\t.*\n:4\n/);
  });
});

function hasKubectl(): boolean {
  return spawnSync('kubectl', ['version', '--client']).status === 0;
}

describe('the rights in deploy/kubectl-ipvs/rbac.yaml', () => {
  const objects = parseAllDocuments(readFileSync(join(DEPLOY, 'kubectl-ipvs/rbac.yaml'), 'utf8')).map(
    (document) => document.toJS() as { readonly rules: readonly { resources: string[]; verbs: string[] }[] },
  );
  const rights: readonly Right[] = objects.flatMap(({ rules }) =>
    rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ verb: verb as Verb, resource }))),
    ),
  );

  it('are objects that the API server takes', () => {
    expect(objects.map(schemaComplaints)).toEqual([[], []]);
  });

  it('are enough, for all nodes and for one', async () => {
    server.access.allowOnly(rights);
    expect((await plugin('why', 'web')).stdout).toContain('1 of 2 nodes has it working.');
    expect(await plugin('status', '--node', 'node-1')).toMatchObject({ code: 0 });
  });

  it.each(rights)('are all needed: without $verb of $resource nothing is shown', async (missing) => {
    server.access.allowOnly(rights.filter((right) => right !== missing));
    expect(await plugin('why', 'web')).toMatchObject({ code: 3 });
  });
});
