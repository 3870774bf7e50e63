import { afterEach, describe, expect, it } from 'vitest';
import { healthRoutes, ProxyHealth } from '../../src/status/health/proxy-health.js';
import { byPath } from '../../src/status/http/http-answer.js';
import { HttpListener } from '../../src/status/http/http-listener.js';
import { PendingChanges } from '../../src/status/pending-changes.js';
import { ask } from '../support/http.js';
import { HandStatusClock } from '../support/status-clock.js';

const TIMEOUT = 60_000;
const listeners: HttpListener[] = [];

async function served() {
  const clock = new HandStatusClock();
  const changes = new PendingChanges(clock);
  const health = new ProxyHealth(clock, TIMEOUT, ['IPv4', 'IPv6'], changes);
  const node = { eligible: true, waiting: [] as string[] };
  const answers: string[] = [];
  const routes = healthRoutes({
    health,
    nodeEligible: () => node.eligible,
    waitingFor: () => node.waiting,
    answered: (probe, status) => answers.push(`${probe} ${status}`),
  });
  const listener = new HttpListener({
    address: { host: '127.0.0.1', port: 0 },
    responder: byPath(routes),
    clock,
    failed: () => undefined,
  });
  listeners.push(listener);
  await listener.open();
  const port = listener.port ?? 0;
  const codes = async () => {
    const both = await Promise.all([ask(port, '/healthz'), ask(port, '/livez')]);
    return both.map(({ status }) => status);
  };
  const passed = (milliseconds: number) => {
    changes.settle(milliseconds);
    health.updated();
  };
  return { clock, changes, passed, node, answers, port, codes };
}

afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.close())));

type Step = 'queue' | 'update' | 'late' | 'almost late' | 'node goes' | 'node comes' | 'clock jumps';

describe('/healthz and /livez', () => {
  it.each<[string, Step[], number, number]>([
    ['are well before anything has happened', [], 200, 200],
    ['are well during a long start', ['queue', 'late'], 200, 200],
    ['are well when nothing is queued, however long ago the last pass was', ['update', 'late'], 200, 200],
    ['are well while a change is not late yet', ['update', 'queue', 'almost late'], 200, 200],
    ['are not well when a change has waited too long', ['update', 'queue', 'late'], 503, 503],
    ['count from the oldest change', ['update', 'queue', 'almost late', 'queue', 'almost late'], 503, 503],
    ['are well again after the pass', ['update', 'queue', 'late', 'update'], 200, 200],
    ['differ when the node is about to go', ['update', 'node goes'], 503, 200],
    ['agree again when the node stays after all', ['update', 'node goes', 'node comes'], 200, 200],
    ['do not mind a jump of the wall clock', ['update', 'queue', 'clock jumps'], 200, 200],
  ])('%s', async (_, steps, healthz, livez) => {
    const { clock, changes, passed, node, codes } = await served();
    const actions: Record<Step, () => void> = {
      queue: () => changes.add(),
      update: () => passed(0),
      late: () => clock.advance(TIMEOUT),
      'almost late': () => clock.advance(TIMEOUT - 1),
      'node goes': () => {
        node.eligible = false;
      },
      'node comes': () => {
        node.eligible = true;
      },
      'clock jumps': () => clock.jump(3_600_000),
    };
    for (const step of steps) actions[step]();
    expect(await codes()).toEqual([healthz, livez]);
  });

  it('say when the last pass ended only where it matters', async () => {
    const { clock, changes, passed, port, answers } = await served();
    passed(0);
    changes.add();
    clock.advance(1_000);
    const family = { lastUpdated: '2026-01-01T00:00:00.000Z', healthy: true };
    const { headers, body } = await ask(port, '/healthz');
    expect(JSON.parse(body)).toEqual({
      lastUpdated: '2026-01-01T00:00:01.000Z',
      currentTime: '2026-01-01T00:00:01.000Z',
      healthy: true,
      status: { IPv4: family, IPv6: family },
      nodeEligible: true,
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
    });
    clock.advance(TIMEOUT);
    const late = JSON.parse((await ask(port, '/livez')).body);
    expect(late).toMatchObject({ lastUpdated: '2026-01-01T00:00:00.000Z', healthy: false });
    expect(late).not.toHaveProperty('nodeEligible');
    expect(answers).toEqual(['healthz 200', 'livez 503']);
  });

  it('let a change that arrived during a pass wait on from its own arrival', async () => {
    const { clock, changes, passed, codes } = await served();
    passed(0);
    changes.add();
    clock.advance(50_000);
    changes.add();
    clock.advance(5_000);
    passed(10_000);
    clock.advance(54_999);
    expect(await codes()).toEqual([200, 200]);
    clock.advance(1);
    expect(await codes()).toEqual([503, 503]);
    passed(50_000);
    expect(changes.oldest).toBeUndefined();
  });
});

describe('/readyz', () => {
  it('names what the first synchronisation waits for', async () => {
    const { node, port } = await served();
    node.waiting = ['the API server has not sent everything once'];
    const { status, body } = await ask(port, '/readyz?verbose');
    expect([status, JSON.parse(body)]).toEqual([503, { ready: false, waitingFor: node.waiting }]);
    node.waiting = [];
    expect((await ask(port, '/readyz')).status).toBe(200);
  });
});
