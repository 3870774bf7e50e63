import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { problemText } from '../../src/model/problem.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import type { HealthCheckService } from '../../src/model/service.js';
import { serviceKey } from '../../src/model/service-key.js';
import { HealthCheckPorts } from '../../src/status/health/health-check-ports.js';
import { address } from '../support/addresses.js';
import { ask } from '../support/http.js';
import { HandStatusClock } from '../support/status-clock.js';

const LOCALHOST = [address('127.0.0.1')];
const WEB = serviceKey('default', 'web');
const SHOP = serviceKey('shop', 'front');
const closers: (() => Promise<unknown>)[] = [];

function ports() {
  const clock = new HandStatusClock();
  const state = { healthy: true };
  const problems = new ProblemBoard();
  const reports = { times: 0 };
  problems.watch(() => reports.times++);
  const checks = new HealthCheckPorts({
    clock,
    isHealthy: () => state.healthy,
    problemsFound: problems.topic('health check ports'),
  });
  checks.listenOn(LOCALHOST);
  closers.push(() => checks.close());
  return { checks, clock, state, problems, reports };
}

function checked(port: number, localEndpoints: number, created = 0): HealthCheckService {
  return { port, localEndpoints, created };
}

/** A port that is free at this moment, held by the answered server until it is closed. */
async function held(host = '127.0.0.1'): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer().listen(0, host);
  await new Promise((resolve) => server.once('listening', resolve));
  const release = () => new Promise<void>((resolve) => server.close(() => resolve()));
  closers.push(release);
  return { port: (server.address() as { port: number }).port, release };
}

async function freePort(): Promise<number> {
  const { port, release } = await held();
  await release();
  return port;
}

/** The answer as soon as the port is listened on. */
async function answer(port: number, path = '/') {
  for (let attempt = 0; ; attempt++)
    try {
      return await ask(port, path);
    } catch (error) {
      if (attempt > 50) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
}

const refused = (port: number) => expect(ask(port, '/')).rejects.toThrow('ECONNREFUSED');

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe('a health check node port', () => {
  it('answers any path and method as kube-proxy does', async () => {
    const { checks } = ports();
    const port = await freePort();
    checks.update(new Map([[WEB, checked(port, 2)]]));
    const { status, headers, body } = await answer(port, '/anything?at=all');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'x-load-balancing-endpoint-weight': '2',
    });
    expect(body).toBe(
      [
        '{',
        '\t"service": {',
        '\t\t"namespace": "default",',
        '\t\t"name": "web"',
        '\t},',
        '\t"localEndpoints": 2,',
        '\t"serviceProxyHealthy": true',
        '}',
      ].join('\n'),
    );
    expect((await ask(port, '/', 'POST')).status).toBe(200);
  });

  it.each([
    [1, true, 200],
    [0, true, 503],
    [1, false, 503],
    [0, false, 503],
  ])(
    'with %i local endpoints and a proxy that is healthy: %s answers %i',
    async (endpoints, healthy, status) => {
      const { checks, state } = ports();
      const port = await freePort();
      checks.update(new Map([[WEB, checked(port, endpoints)]]));
      state.healthy = healthy;
      const got = await answer(port);
      expect(got.status).toBe(status);
      expect(JSON.parse(got.body)).toMatchObject({ localEndpoints: endpoints, serviceProxyHealthy: healthy });
    },
  );

  it('follows the number of endpoints without listening anew', async () => {
    const { checks } = ports();
    const port = await freePort();
    checks.update(new Map([[WEB, checked(port, 0)]]));
    expect((await answer(port)).status).toBe(503);
    checks.update(new Map([[WEB, checked(port, 3)]]));
    expect((await ask(port, '/')).headers['x-load-balancing-endpoint-weight']).toBe('3');
  });

  it('moves when the Service changes its port, and goes with the Service', async () => {
    const { checks } = ports();
    const [before, after] = [await freePort(), await freePort()];
    checks.update(new Map([[WEB, checked(before, 1)]]));
    await answer(before);
    checks.update(new Map([[WEB, checked(after, 1)]]));
    expect((await answer(after)).status).toBe(200);
    await refused(before);
    checks.update(new Map());
    await refused(after);
  });

  it('that two Services claim belongs to the older; the other gets it when that goes', async () => {
    const { checks, problems } = ports();
    const port = await freePort();
    const both = new Map([
      [SHOP, checked(port, 1, 2_000)],
      [WEB, checked(port, 1, 1_000)],
    ]);
    checks.update(both);
    expect(JSON.parse((await answer(port)).body).service.name).toBe('web');
    expect(problems.list.map(problemText)).toEqual([
      `Service shop/front, spec.healthCheckNodePort: ${port} is the health check port of Service default/web already, ` +
        'which is older. Load balancers get no answer for this Service. Give it another port by making it anew.',
    ]);
    both.delete(WEB);
    checks.update(new Map(both));
    expect(JSON.parse((await answer(port)).body).service.name).toBe('front');
    expect(problems.list).toEqual([]);
  });

  it('that another program has is a problem, reported when it comes and when it goes, and tried again every 5 seconds', async () => {
    const { checks, clock, problems, reports } = ports();
    const { port, release } = await held();
    checks.update(new Map([[WEB, checked(port, 1)]]));
    while (reports.times === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(problems.list).toMatchObject([
      { kind: 'conflict', service: WEB, field: 'spec.healthCheckNodePort' },
    ]);
    expect(reports.times).toBe(1);
    await release();
    clock.advance(5_000);
    expect((await answer(port)).status).toBe(200);
    expect(problems.list).toEqual([]);
    expect(reports.times).toBe(2);
  });

  it('follows the addresses on which node ports are served, and goes on where it was', async () => {
    const { checks } = ports();
    const port = await freePort();
    checks.update(new Map([[WEB, checked(port, 1)]]));
    await answer(port);
    const open = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => open.once('close', resolve));
    await new Promise((resolve) => open.once('connect', resolve));
    checks.listenOn([...LOCALHOST, address('127.0.0.2')]);
    expect((await ask(port, '/')).status).toBe(200);
    expect(open.destroyed).toBe(false);
    checks.listenOn([address('127.0.0.2')]);
    await ended;
    await refused(port);
    checks.listenOn(undefined);
    expect((await answer(port)).status).toBe(200);
  });
});
