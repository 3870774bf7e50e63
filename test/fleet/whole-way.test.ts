import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiServer } from '../../lab/api-server/api-server.js';
import { realServer } from '../../src/model/real-server.js';
import { differences } from '../../src/status/listing/differences.js';
import { writeAdminKubeconfig } from '../install/cluster.js';
import { POD_1 } from '../support/addresses.js';
import { AnsweringAgent } from '../support/cli.js';
import { GOOD_STATUS, smallCluster, WEB } from '../support/listed-cluster.js';
import { addAgentPod, buildProgram, ran } from './programs.js';

const folder = mkdtempSync(join(tmpdir(), 'whole-way-'));
const PLUGIN = join(folder, 'kubectl-ipvs');
const PROGRAM = join(folder, 'kube-ipvs-proxy.mjs');

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
    '/status': async () => ({ ...GOOD_STATUS, agent: { ...GOOD_STATUS.agent, problems } }),
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
  await buildProgram('src/main-kubectl.ts', PLUGIN);
  await buildProgram('src/main.ts', PROGRAM);
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
  addAgentPod(server, node, ([, ...words]) =>
    ran(process.execPath, [PROGRAM, ...words, '--admin-socket', socket]),
  );
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
