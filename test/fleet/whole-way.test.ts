import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiServer } from '../../lab/api-server/api-server.js';
import { realServer } from '../../src/model/real-server.js';
import { differences } from '../../src/status/listing/differences.js';
import { PROJECT } from '../deploy/support/deployments.js';
import { writeAdminKubeconfig } from '../install/cluster.js';
import { POD_1 } from '../support/addresses.js';
import { AnsweringAgent } from '../support/cli.js';
import { smallCluster, WEB } from '../support/listed-cluster.js';

const folder = mkdtempSync(join(tmpdir(), 'whole-way-'));
const PLUGIN = join(folder, 'kubectl-ipvs');
const PROGRAM = join(folder, 'kube-ipvs-proxy.mjs');

const STATUS = {
  version: 1,
  agent: {
    version: '0.2.0',
    complete: true,
    synced: true,
    services: 2,
    totals: { passes: 12, operations: 31, refused: 0, drift: 0 },
    drains: 0,
    nodeVersion: 'v20.19.0',
    kernel: 'Linux 6.12.57',
    auditRoundSeconds: 30,
    problems: [],
  },
  counts: { virtualServers: 2, realServers: 3, draining: 0, foreign: 0 },
  virtualServers: [],
  unmet: [],
  withoutEndpoints: [],
};
const REFUSED = {
  kind: 'kernel',
  subject: 'Service default/web',
  message: 'the kernel refused the virtual server 10.96.0.10:80/TCP with the scheduler mh (ENOENT).',
  remedy: 'Load the module ip_vs_mh, or set another scheduler.',
};

function agentWith(problems: readonly object[], weight: number): AnsweringAgent {
  const cluster = smallCluster();
  cluster.kernel.acknowledge({
    kind: 'set-real-server',
    frontend: WEB,
    server: realServer(POD_1, 8080, weight),
  });
  return new AnsweringAgent({
    '/status': async () => ({ ...STATUS, agent: { ...STATUS.agent, problems } }),
    '/diff': async function* () {
      yield* differences({ desired: cluster.desired, kernel: cluster.kernel, draining: new Set() });
    },
  });
}

const silence = () => new Promise<never>(() => undefined);
const AGENTS = [
  agentWith([], 1),
  agentWith([REFUSED], 9),
  new AnsweringAgent({
    '/status': silence,
    '/diff': async function* () {
      yield await silence();
    },
  }),
];

let server: ApiServer;
let kubeconfig: string;

beforeAll(async () => {
  const banner = `import { createRequire as r } from "node:module"; const require = r(import.meta.url);`;
  const options = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: { js: banner },
  } as const;
  await build({ ...options, entryPoints: [join(PROJECT, 'src/main-kubectl.ts')], outfile: PLUGIN });
  await build({ ...options, entryPoints: [join(PROJECT, 'src/main.ts')], outfile: PROGRAM });
  chmodSync(PLUGIN, 0o755);
  server = await ApiServer.start();
  server.access.allowToken('secret', 'admin');
  kubeconfig = await writeAdminKubeconfig(server, join(folder, 'kubeconfig'), 'secret');
  for (const [index, agent] of AGENTS.entries()) {
    await agent.listen();
    addPod(`node-${index + 1}`, agent.socket);
  }
});

afterAll(async () => {
  await server.close();
  for (const agent of AGENTS) await agent.close();
  rmSync(folder, { recursive: true });
});

/** A pod of the agent in which our own program runs, as in its image. */
function addPod(node: string, socket: string): void {
  server.store.create('nodes', { metadata: { name: node } });
  const metadata = {
    namespace: 'kube-system',
    name: `agent-${node}`,
    labels: { 'k8s-app': 'kube-ipvs-proxy' },
  };
  const spec = { nodeName: node, containers: [{ name: 'kube-ipvs-proxy' }] };
  server.store.create('pods', { metadata, spec, status: { phase: 'Running' } } as never);
  server.exec.behave(`agent-${node}`, ([, ...words]) =>
    ran(process.execPath, [PROGRAM, ...words, '--admin-socket', socket]),
  );
}

async function ran(command: string, words: readonly string[], env = process.env) {
  const child = spawn(command, words, { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece;
  });
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece;
  });
  const silent = setTimeout(() => child.kill(), 30_000);
  const [code] = await once(child, 'close');
  clearTimeout(silent);
  return { code: Number(code), stdout, stderr };
}

const plugin = (...words: readonly string[]) =>
  ran(PLUGIN, [...words, '--node-deadline', '12'], {
    PATH: process.env.PATH,
    HOME: folder,
    KUBECONFIG: kubeconfig,
    COLUMNS: '80',
  });

describe('the plugin, the API server, and our own program beside three agents, one of them silent', () => {
  it('make a row of status for each, with problems in whole sentences', async () => {
    const { code, stdout, stderr } = await plugin('status');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toBe(`1 of 3 nodes has problems: node-2.
1 of 3 nodes did not answer: node-3.
1 of 3 nodes is in sync.

NODE    STATE      ANSWER
node-1  good       In sync: 2 Services, 2 virtual servers, 3 real servers.
node-2  problem    In sync with 1 problem: 2 Services, 2 virtual servers, 3 real
                   servers.
  ! Service default/web: the kernel refused the virtual server 10.96.0.10:80/TCP
    with the scheduler mh (ENOENT). Load the module ip_vs_mh, or set another
    scheduler.
node-3  no answer  no answer within 12 s
`);
  });

  it('make a row of diff for each', async () => {
    const { code, stdout } = await plugin('diff');
    expect(code).toBe(1);
    expect(stdout).toBe(`1 of 3 nodes differs: node-2.
1 of 3 nodes did not answer: node-3.
1 of 3 nodes is as desired.

NODE    STATE      ANSWER
node-1  good       The kernel is as desired.
node-2  problem    1 difference; --node shows them
node-3  no answer  no answer within 12 s
`);
  });
});
