import { createServer } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/model/event.js';
import { frontend } from '../../src/model/frontend.js';
import type { NodeRecord } from '../../src/model/node.js';
import { failed } from '../../src/model/operation.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import { serviceKey } from '../../src/model/service-key.js';
import { PassLog } from '../../src/status/log/pass-log.js';
import { type BoardParts, StatusBoard } from '../../src/status/status-board.js';
import type { StatusSettings } from '../../src/status/status-servers.js';
import { address, VIP_A } from '../support/addresses.js';
import { parseExposition } from '../support/exposition.js';
import { ask } from '../support/http.js';
import { QUIET_STATE, quietSources } from '../support/metric-sources.js';
import { HandStatusClock } from '../support/status-clock.js';
import { DEFAULT_STATUS_SETTINGS } from '../support/status-settings.js';

const ANY_PORT = { health: '127.0.0.1:0', metrics: '127.0.0.1:0', bindHardFail: false };
const WEB = serviceKey('default', 'web');
const PASS = { milliseconds: 1, lag: 1, services: 1, done: new Map(), refused: 0, skipped: 0, drift: 0 };
const NODE: NodeRecord = {
  name: 'n',
  uid: 'u',
  addresses: [],
  podCIDRs: [],
  zone: undefined,
  eligible: true,
};
const stops: (() => Promise<unknown>)[] = [];

function board(settings: Partial<StatusSettings> = {}, parts: Partial<BoardParts> = {}) {
  const clock = new HandStatusClock();
  const lines: string[] = [];
  const sent: EventRecord[] = [];
  const state = { ...QUIET_STATE, complete: false };
  const problems = new ProblemBoard();
  const made = new StatusBoard({
    problems,
    settings: {
      ...DEFAULT_STATUS_SETTINGS,
      version: '1.2.3',
      node: 'node-1',
      serving: ANY_PORT,
      ...settings,
    },
    sources: quietSources({ state: () => state }),
    clock,
    log: new PassLog(pino({ base: null }, { write: (line) => lines.push(JSON.parse(line).msg) }), clock),
    sink: {
      async send(event) {
        sent.push(event);
        return 'sent';
      },
    },
    configuration: () => ({ kind: 'KubeProxyConfiguration' }),
    flags: () => ({}),
    uidOf: (service) => `uid of ${service}`,
    ...parts,
  });
  stops.push(() => made.stop());
  const health = (path: string) => ask(made.port('health') ?? 0, path);
  const metrics = async (name: string) => {
    const { body } = await ask(made.port('metrics') ?? 0, '/metrics');
    return Object.fromEntries(parseExposition(body).get(name)?.series ?? []);
  };
  return { board: made, problems, clock, lines, sent, state, health, metrics };
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('the status board', () => {
  it('is ready after the first pass with everything, and stays so', async () => {
    const { board: status, state, health } = board();
    await status.start();
    status.passed(PASS);
    expect(JSON.parse((await health('/readyz')).body).waitingFor).toEqual([
      'the source has not sent everything once',
    ]);
    state.complete = true;
    expect((await health('/readyz')).status).toBe(503);
    status.passed(PASS);
    state.complete = false;
    expect((await health('/readyz')).status).toBe(200);
  });

  it('is not ready while others hold what Services want, and names it', async () => {
    const { board: status, state, health } = board();
    await status.start();
    state.complete = true;
    state.withheld = [frontend(VIP_A, 80, 'TCP').key, frontend(VIP_A, 81, 'TCP').key];
    status.passed(PASS);
    const { status: code, body } = await health('/readyz');
    expect([code, JSON.parse(body).waitingFor]).toEqual([
      503,
      [
        '10.96.0.10:80/TCP and 1 more, wanted by Services and held by virtual servers that this program did not make',
      ],
    ]);
    expect((await health('/livez')).status).toBe(200);
    state.withheld = [];
    expect((await health('/readyz')).status).toBe(200);
  });

  it('is unhealthy while a change waits too long, and counts the answers', async () => {
    const { board: status, clock, health, metrics } = board();
    await status.start();
    status.passed(PASS);
    status.changed([WEB]);
    clock.advance(60_000);
    status.passFailed('the kernel does not answer.');
    expect([(await health('/healthz')).status, (await health('/livez')).status]).toEqual([503, 503]);
    status.passed(PASS);
    expect((await health('/healthz')).status).toBe(200);
    expect(await metrics('kubeproxy_proxy_healthz_total')).toEqual({
      'kubeproxy_proxy_healthz_total{code="503"}': 1,
      'kubeproxy_proxy_healthz_total{code="200"}': 1,
    });
    expect(await metrics('kube_ipvs_proxy_passes_total')).toMatchObject({
      'kube_ipvs_proxy_passes_total{outcome="failed"}': 1,
    });
  });

  it('makes load balancers leave a node that is about to go', async () => {
    const { board: status, health } = board();
    await status.start();
    const codes = async () => [(await health('/healthz')).status, (await health('/livez')).status];
    status.nodeChanged({ ...NODE, eligible: false });
    expect(await codes()).toEqual([503, 200]);
    status.nodeChanged(NODE);
    expect(await codes()).toEqual([200, 200]);
    status.nodeChanged(undefined);
    expect(await codes()).toEqual([503, 200]);
  });

  it('measures from the trigger of a change to the pass that began after it arrived', async () => {
    const { board: status, clock, metrics } = board();
    await status.start();
    status.changed([WEB], [clock.wallTime() - 2_000]);
    clock.advance(500);
    status.changed([WEB], [clock.wallTime()]);
    status.passed({ ...PASS, milliseconds: 100 });
    const name = 'kubeproxy_network_programming_duration_seconds';
    expect(await metrics(name)).toMatchObject({ [`${name}_sum{ip_family="IPv4"}`]: 2.5 });
    const pending = 'kubeproxy_sync_proxy_rules_service_changes_pending';
    expect(await metrics(pending)).toEqual({ [pending]: 2 });
    clock.advance(100);
    status.passed({ ...PASS, milliseconds: 100 });
    expect(await metrics(name)).toMatchObject({ [`${name}_count{ip_family="IPv4"}`]: 2 });
    expect(await metrics(pending)).toEqual({ [pending]: 0 });
  });

  it('shows the configuration and counts what the kernel answers', async () => {
    const { board: status, metrics } = board();
    await status.start();
    status.performed([{ kind: 'bind-vip', address: VIP_A }], [failed('ENODEV')]);
    expect(JSON.parse((await ask(status.port('metrics') ?? 0, '/configz')).body)).toEqual({
      'kubeproxy.config.k8s.io': { kind: 'KubeProxyConfiguration' },
    });
    expect(await metrics('kube_ipvs_proxy_operation_errors_total')).toEqual({
      'kube_ipvs_proxy_operation_errors_total{errno="ENODEV"}': 1,
    });
  });

  it('shows a new problem in the log and at its Service, once', async () => {
    const { board: status, problems, lines, sent } = board();
    await status.start();
    const about = { subject: 'Service default/web', service: WEB, message: 'is odd.', remedy: 'Mend it.' };
    problems.set('kernel', [{ kind: 'kernel', ...about }]);
    status.passed(PASS);
    problems.set('kernel', []);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toEqual([
      'Service default/web: is odd. Mend it.',
      'settled: Service default/web: is odd. Mend it.',
    ]);
    expect(sent.map(({ reason, subject }) => [reason, subject.name, subject.uid])).toEqual([
      ['Starting', 'node-1', 'node-1'],
      ['ProgrammingFailed', 'web', 'uid of default/web'],
    ]);
  });
});

describe('a port that another program has', () => {
  async function taken(): Promise<{ port: number; text: string }> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number };
    return { port, text: `127.0.0.1:${port}` };
  }

  it('is a problem and an Event, and the rest goes on', async () => {
    const { text } = await taken();
    const { board: status, problems, sent, health } = board({ serving: { ...ANY_PORT, metrics: text } });
    await status.start();
    expect(problems.list).toMatchObject([{ kind: 'conflict', field: 'metricsBindAddress' }]);
    expect((await health('/livez')).status).toBe(200);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent.map(({ reason, note }) => `${reason} ${note}`)).toEqual([
      `FailedToStartMetricServer cannot listen on ${text} (EADDRINUSE)`,
      'Starting ',
    ]);
  });

  it('ends the start where bindAddressHardFail is set', async () => {
    const { text } = await taken();
    const { board: status } = board({ serving: { ...ANY_PORT, health: text, bindHardFail: true } });
    await expect(status.start()).rejects.toThrow(`cannot listen on ${text} (EADDRINUSE)`);
  });

  it('at a Service is an Event on that Service', async () => {
    const { port } = await taken();
    const { board: status, sent } = board({
      serving: { health: undefined, metrics: '', bindHardFail: false },
    });
    status.healthChecks.listenOn([address('127.0.0.1')]);
    status.healthChecks.update(new Map([[WEB, { port, localEndpoints: 1, created: 0 }]]));
    while (sent.length < 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sent.map(({ reason }) => reason)).toEqual(['FailedToStartServiceHealthcheck']);
    expect(status.port('health')).toBeUndefined();
  });
});
