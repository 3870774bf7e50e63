import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventsOptions, runDiff, runEvents } from '../../src/cli/records.js';
import type { FrontendKey } from '../../src/model/frontend.js';
import { DONE, failed, type Operation } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import { serviceKey } from '../../src/model/service-key.js';
import { ChangeLog } from '../../src/status/listing/change-log.js';
import { differences } from '../../src/status/listing/differences.js';
import { POD_1, POD_2, POD_3, VIP_B } from '../support/addresses.js';
import { AnsweringAgent, Written } from '../support/cli.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';
import { API, type ListedCluster, smallCluster, WEB } from '../support/listed-cluster.js';

const SERVICE = serviceKey('default', 'web');

let cluster: ListedCluster;
let draining: Set<FrontendKey>;
let changes: ChangeLog;
let agent: AnsweringAgent;

beforeAll(async () => {
  agent = new AnsweringAgent({
    '/diff': async function* () {
      yield* differences({ desired: cluster.desired, kernel: cluster.kernel, draining });
    },
    '/events': (query) => changes.since(0, query.get('follow') === '1'),
  });
  await agent.listen();
});

afterAll(() => agent.close());

beforeEach(() => {
  cluster = smallCluster();
  draining = new Set();
  const serviceOf = (operation: Operation) => ('frontend' in operation ? SERVICE : undefined);
  changes = new ChangeLog(() => Date.UTC(2026, 0, 1), serviceOf);
});

async function ran(command: typeof runEvents, options: Partial<EventsOptions> = {}) {
  const written = new Written();
  const given = { adminSocket: agent.socket, output: 'table' as const, ...options };
  const code = await command(given, written.parts);
  return { code, out: written.out, err: written.err };
}

function disturb(): void {
  const { kernel } = cluster;
  kernel.acknowledge({ kind: 'set-real-server', frontend: WEB, server: realServer(POD_1, 8080, 9) });
  kernel.acknowledge({ kind: 'delete-real-server', frontend: WEB, server: realServer(POD_2, 8080, 1) });
  kernel.acknowledge({ kind: 'add-real-server', frontend: WEB, server: realServer(POD_3, 9090, 0) });
  kernel.acknowledge({ kind: 'delete-virtual-server', frontend: API });
  kernel.acknowledge({ kind: 'unbind-vip', address: VIP_B });
  kernel.acknowledge({ kind: 'close-frontend', frontend: WEB });
}

describe('diff', () => {
  it('says that there is nothing where the kernel is as desired', async () => {
    expect(await ran(runDiff)).toEqual({ code: 0, out: 'The kernel is as desired.\n', err: '' });
  });

  it('names key by key what is missing, too much or different', async () => {
    disturb();
    draining = new Set([WEB.key]);
    const { code, out } = await ran(runDiff);
    expect(code).toBe(1);
    await expect(out).toMatchFileSnapshot('golden/diff.txt');
  });

  it('is JSON as its schema says, also where nothing differs', async () => {
    const schema = readSchema('difference-list.v1.json');
    expect(JSON.parse((await ran(runDiff, { output: 'json' })).out)).toMatchObject({ items: [] });
    disturb();
    expect(schemaBreaches(JSON.parse((await ran(runDiff, { output: 'json' })).out), schema)).toEqual([]);
  });

  it('needs an agent, and says so', async () => {
    const { code, err } = await ran(runDiff, { adminSocket: '/nonexistent/admin.sock' });
    expect({ code, err }).toEqual({ code: 3, err: 'The agent is not running. Only the agent knows this.\n' });
  });
});

const ADD: Operation = { kind: 'add-real-server', frontend: WEB, server: realServer(POD_1, 8080, 1) };
const REMOVE: Operation = { kind: 'delete-real-server', frontend: WEB, server: realServer(POD_1, 8080, 0) };
const BIND: Operation = { kind: 'bind-vip', address: VIP_B };

describe('events', () => {
  it('show what was written to the kernel, with what came of it, and because of which object', async () => {
    changes.changed([SERVICE]);
    changes.performed([BIND, ADD], [failed('ENODEV'), DONE]);
    changes.passed();
    changes.passed();
    changes.performed([REMOVE], [DONE]);
    const { code, out } = await ran(runEvents);
    expect(code).toBe(0);
    expect(out.split('\n').filter(({ length }) => length > 80)).toEqual([]);
    await expect(out).toMatchFileSnapshot('golden/events.txt');
    const json: unknown = JSON.parse((await ran(runEvents, { output: 'json' })).out);
    expect(schemaBreaches(json, readSchema('change-list.v1.json'))).toEqual([]);
  });

  it('name the EndpointSlice, the Service or the Node that changed', async () => {
    changes.changed([SERVICE], new Map([[SERVICE, ['EndpointSlice default/web-abc12']]]));
    changes.passed();
    changes.changed(
      [SERVICE],
      new Map([[SERVICE, ['Service default/web', 'EndpointSlice default/web-abc12']]]),
    );
    changes.performed([ADD], [DONE]);
    changes.passed();
    changes.passed();
    changes.factChanged('Node node-1');
    changes.performed([REMOVE, BIND], [DONE, DONE]);
    changes.passed();
    changes.passed();
    changes.performed([REMOVE], [DONE]);
    const causes = (await ran(runEvents)).out.split('\n').filter((line) => line.includes('because'));
    expect(causes.map((line) => line.trim())).toEqual([
      'because: EndpointSlice default/web-abc12 and Service default/web changed',
      'because: Node node-1 changed',
      'because: Node node-1 changed',
      'because: a drain, drift or another attempt for Service default/web',
    ]);
  });

  it('go on with those that come, and end whole after Ctrl-C', async () => {
    changes.performed([ADD], [DONE]);
    const written = new Written();
    const options = { adminSocket: agent.socket, output: 'json', follow: true } as const;
    const running = runEvents(options, written.parts);
    await expect.poll(() => written.out).toContain('add-real-server');
    changes.performed([REMOVE], [DONE]);
    await expect.poll(() => written.out).toContain('delete-real-server');
    process.emit('SIGINT');
    expect(await running).toBe(0);
    expect((JSON.parse(written.out) as { items: unknown[] }).items).toHaveLength(2);
  });

  it('keep the latest 2,000 of a pass of any size', async () => {
    const many = Array.from({ length: 50_000 }, () => ADD);
    changes.performed([REMOVE, ...many], [DONE, ...many.map(() => DONE)]);
    changes.performed([BIND], [DONE]);
    let kept = 0;
    for await (const batch of changes.since(0, false)) kept += batch.length;
    expect(kept).toBe(2_000);
  });
});
