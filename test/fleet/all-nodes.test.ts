import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiServer } from '../../lab/api-server/api-server.js';
import { LoginFolder } from '../../lab/api-server/login-folder.js';
import type { PodBehaviour } from '../../lab/api-server/pod-exec.js';
import { exitCodeOf, nodeRow, nodesText, runAllNodes } from '../../src/cli/fleet/all-nodes.js';
import { composeAllNodes, composeOneNode } from '../../src/compose-fleet.js';
import type { FleetQuestion } from '../../src/model/node-answer.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';

const LABELS = { 'k8s-app': 'kube-ipvs-proxy' };
const SENTENCE = 'default/web works on this node.\n\nAPI    default/web ClusterIP\n';

let server: ApiServer;
let login: LoginFolder;
let question: FleetQuestion;

// What the first question loads is no part of the time that a node has to answer.
beforeAll(() =>
  Promise.all([
    import('@kubernetes/client-node/dist/exec.js'),
    import('@kubernetes/client-node/dist/web-socket-handler.js'),
  ]),
);

beforeEach(async () => {
  server = await ApiServer.start();
  server.access.allowToken('secret', 'admin');
  login = await LoginFolder.create({ server: server.url, authority: server.authority, token: 'secret' });
  question = {
    words: ['why', 'web'],
    kubeconfig: login.kubeconfig,
    context: undefined,
    agentNamespace: 'kube-system',
    agentSelector: 'k8s-app=kube-ipvs-proxy',
    deadline: 1_000,
  };
});

afterEach(async () => {
  await server.close();
  await login.remove();
});

function addNode(name: string, labels: Readonly<Record<string, string>> = {}): void {
  server.store.create('nodes', { metadata: { name, labels } });
}

function addAgent(node: string, behaviour: PodBehaviour, phase = 'Running'): void {
  addNode(node);
  const metadata = { namespace: 'kube-system', name: `agent-${node}`, labels: LABELS };
  const spec = { nodeName: node, containers: [{ name: 'kube-ipvs-proxy' }] };
  server.store.create('pods', { metadata, spec, status: { phase } } as never);
  server.exec.behave(`agent-${node}`, behaviour);
}

const works: PodBehaviour = () => ({ code: 0, stdout: SENTENCE });

async function shown(words: readonly string[] = ['why', 'web']) {
  const answers = await composeAllNodes({ ...question, words });
  const rows = answers.map((answer) => nodeRow(words[0] ?? '', answer));
  return { rows, text: nodesText(words[0] ?? '', rows), code: exitCodeOf(rows) };
}

describe('three agents, one of them silent, and a node without one', () => {
  it('have a row each, and the silent one costs its deadline and nothing else', async () => {
    addAgent('node-1', works);
    addAgent('node-2', () => ({ code: 4, stdout: 'There is no Service default/web.\n' }));
    addAgent('node-3', () => 'silent');
    addNode('node-4');
    addNode('windows-1', { 'kubernetes.io/os': 'windows' });
    const { text, code } = await shown();
    expect(text).toBe(`1 of 4 nodes does not have it: node-2.
1 of 4 nodes did not answer: node-3.
1 of 4 nodes has no agent: node-4.
1 of 4 nodes has it working.

NODE    STATE      ANSWER
node-1  good       default/web works on this node.
node-2  not there  There is no Service default/web.
node-3  no answer  no answer within 1 s
node-4  no agent   no pod of the agent is on this node
`);
    expect(code).toBe(1);
    expect(server.exec.asked.map(({ command }) => command.join(' '))).toEqual(
      Array(3).fill('kube-ipvs-proxy why web'),
    );
    await expect.poll(() => server.exec.openCount).toBe(0);
  });
});

describe('forty nodes', () => {
  it('are asked ten at a time, and the nodes that do not have it are counted and named', async () => {
    for (let index = 0; index < 40; index++) {
      const isLacking = index % 15 === 3;
      addAgent(`node-${String(index).padStart(2, '0')}`, () =>
        isLacking ? { code: 4, stdout: 'There is no Service default/web.\n' } : { code: 0, stdout: SENTENCE },
      );
    }
    // Ten connections by TLS at once may take a busy machine longer than what is enough for one that is silent.
    question = { ...question, deadline: 30_000 };
    const { text } = await shown();
    expect(text).toMatch(
      /^3 of 40 nodes do not have it: node-03, node-18, node-33\.\n37 of 40 nodes have it/,
    );
    expect(server.exec.most).toBeLessThanOrEqual(10);
    expect(server.exec.most).toBeGreaterThan(1);
  });
});

describe('a row', () => {
  const row = async (behaviour: PodBehaviour, words: readonly string[], phase?: string) => {
    addAgent('node-1', behaviour, phase);
    const { rows, code } = await shown(words);
    return { ...rows[0], exit: code };
  };

  it('of status has the problems of its node', async () => {
    const stdout =
      'In sync with 1 problem: 2 Services.\n! Service default/x: is odd.\n\nlast pass  took 1 ms\n';
    expect(await row(() => ({ code: 1, stdout }), ['status'])).toMatchObject({
      state: 'problem',
      answer: 'In sync with 1 problem: 2 Services.',
      problems: ['Service default/x: is odd.'],
      exit: 1,
    });
  });

  it('of diff counts what differs, without the line that explains the marks', async () => {
    const stdout =
      '- VIP  10.96.0.1  -\n~ open 10.96.0.1:80/TCP\n- wanted and not in the kernel, + in the kernel\n';
    expect(await row(() => ({ code: 1, stdout }), ['diff'])).toMatchObject({
      answer: '2 differences; --node shows them',
    });
  });

  it('joins a verdict that was wrapped, and lets no escape sequence through', async () => {
    const stdout = 'default/web: its one\nendpoint \u001b[2Jis gone.\n\nAPI\n';
    expect(await row(() => ({ code: 1, stdout }), ['why', 'web'])).toMatchObject({
      answer: 'default/web: its one endpoint  [2Jis gone.',
    });
  });

  it('says that an older agent does not know the command', async () => {
    const stderr = "error: unknown command 'why'\n";
    expect(await row(() => ({ code: 2, stderr }), ['why', 'web'])).toMatchObject({
      state: 'unknown command',
      answer: "error: unknown command 'why'",
    });
  });

  it('says that the pod is there and does not run, and that nobody answered', async () => {
    expect(await row(works, ['why', 'web'], 'Pending')).toMatchObject({
      state: 'no agent',
      answer: 'its pod agent-node-1 is Pending',
      exit: 3,
    });
  });

  it('keeps its own output open where the API server closes that of the command', async () => {
    const ends = [vi.spyOn(process.stdout, 'end'), vi.spyOn(process.stderr, 'end')];
    addAgent('node-1', () => ({ code: 0, stdout: SENTENCE, closes: true }));
    expect((await shown()).code).toBe(0);
    for (const end of ends) {
      expect(end).not.toHaveBeenCalled();
      end.mockRestore();
    }
  });

  it('says that the connection ended where the pod dies in the middle of its answer', async () => {
    expect(await row(() => ({ until: 'default/web works' }), ['why', 'web'])).toMatchObject({
      state: 'no answer',
      answer: 'the connection ended before the command did',
      exit: 3,
    });
  });

  it('says that pods/exec is not allowed', async () => {
    server.access.deny([{ verb: 'create', resource: 'pods/exec' }]);
    expect(await row(works, ['why', 'web'])).toMatchObject({
      state: 'no answer',
      answer: 'the API server does not allow pods/exec here (403)',
    });
  });
});

describe('the command', () => {
  const writes = () => {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    return { out, err, textOf: (spy: typeof out) => spy.mock.calls.map(([text]) => String(text)).join('') };
  };
  afterEach(() => void vi.restoreAllMocks());

  it('ends with 3 and the reason where the API server does not let it list pods', async () => {
    server.access.deny([{ verb: 'list', resource: 'pods' }]);
    const { err, textOf } = writes();
    expect(await runAllNodes('why', 'text', () => composeAllNodes(question))).toBe(3);
    expect(textOf(err)).toMatch(/403 pods is forbidden: User "admin" cannot list.*kubectl get --raw/);
  });

  it('writes rows for programs with -o json', async () => {
    addAgent('node-1', works);
    const { out, textOf } = writes();
    expect(await runAllNodes('why', 'json', () => composeAllNodes(question))).toBe(0);
    const written: unknown = JSON.parse(textOf(out));
    expect(schemaBreaches(written, readSchema('node-answer-list.v1.json'))).toEqual([]);
    expect(written).toEqual({
      version: 1,
      kind: 'NodeAnswerList',
      source: 'agent',
      items: [
        {
          node: 'node-1',
          pod: 'agent-node-1',
          state: 'good',
          code: 0,
          answer: 'default/web works on this node.',
          problems: [],
        },
      ],
    });
  });

  it('passes on what one node says, with its exit code', async () => {
    addAgent('node-1', () => ({ code: 1, stdout: 'one\ntwo', stderr: 'oh\n' }));
    const { out, err, textOf } = writes();
    expect(await composeOneNode('node-1', question)).toBe(1);
    await expect.poll(() => [textOf(out), textOf(err)]).toEqual(['one\ntwo', 'oh\n']);
  });

  it('has the lines of one node whose pod dies in the middle, and then fails', async () => {
    addAgent('node-1', () => ({ until: 'one\ntwo\nthr' }));
    const { out, textOf } = writes();
    await expect(composeOneNode('node-1', question)).rejects.toThrow(
      'the connection ended before the command did',
    );
    await expect.poll(() => textOf(out)).toBe('one\ntwo\nthr');
  });

  it('says that there is no such node, and that a node has no agent', async () => {
    addNode('node-1');
    await expect(composeOneNode('node-9', question)).rejects.toThrow(
      "there is no Linux node 'node-9'; there are 1, such as node-1.",
    );
    await expect(composeOneNode('node-1', question)).rejects.toThrow('node node-1 has no agent');
  });
});
