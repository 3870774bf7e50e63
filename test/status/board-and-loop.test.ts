import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import { DEFAULT_LOOP_SETTINGS } from '../../src/reconcile/loop-settings.js';
import { ReconcileLoop } from '../../src/reconcile/reconcile-loop.js';
import { PassLog } from '../../src/status/log/pass-log.js';
import { StatusBoard } from '../../src/status/status-board.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';
import { parseExposition } from '../support/exposition.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { ask } from '../support/http.js';
import { aService, aSlice } from '../support/objects.js';
import { HandStatusClock } from '../support/status-clock.js';
import { DEFAULT_STATUS_SETTINGS } from '../support/status-settings.js';

/** The agent's core with its status, joined as `compose.ts` joins them. */
function agentWithStatus() {
  const clock = new HandStatusClock();
  const source = new HandSource();
  const kernel = new FakeKernel();
  const problems = new ProblemBoard();
  const desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1', scheduler: 'rr' });
  const loop: ReconcileLoop = new ReconcileLoop({
    source,
    desired,
    kernel,
    clock,
    problems,
    settings: DEFAULT_LOOP_SETTINGS,
    listener: {
      prepared: (preparation) => board.prepared(preparation),
      performed: (...answers) => board.performed(...answers),
      passed: (report) => board.passed(report),
      passFailed: (error) => board.passFailed(String(error)),
    },
  });
  const board = new StatusBoard({
    settings: {
      ...DEFAULT_STATUS_SETTINGS,
      version: '1.2.3',
      node: 'node-1',
      serving: { health: '127.0.0.1:0', metrics: '127.0.0.1:0', bindHardFail: false },
    },
    sources: {
      state: () => loop.state(),
      view: source.view,
      observed: () => loop.observed,
      traffic: async () => new Map(),
    },
    clock,
    problems,
    log: new PassLog(pino({ level: 'silent' }), clock),
    configuration: () => ({}),
    flags: () => ({}),
  });
  return { clock, source, kernel, loop, board };
}

describe('an agent with its status', () => {
  const agent = agentWithStatus();
  const { board, loop, source, kernel } = agent;
  afterEach(() => board.stop());

  it('becomes ready by its first pass and shows what that did', async () => {
    await board.start();
    source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, POD_2]));
    expect((await ask(board.port('health') ?? 0, '/readyz')).status).toBe(503);
    await source.start({
      changed(services) {
        board.changed(services);
        loop.changed(services);
      },
      problemsFound: (found) => loop.problemsFound(found),
    });
    loop.begin();
    await loop.idle();
    kernel.loseAddress(VIP_A);
    await loop.idle();
    expect((await ask(board.port('health') ?? 0, '/readyz')).status).toBe(200);
    const page = parseExposition((await ask(board.port('metrics') ?? 0, '/metrics')).body);
    const series = new Map([...page.values()].flatMap((metric) => [...metric.series]));
    for (const [name, value] of Object.entries({
      'kube_ipvs_proxy_virtual_servers{ip_family="IPv4"}': 1,
      'kube_ipvs_proxy_real_servers{ip_family="IPv4",state="active"}': 2,
      'kube_ipvs_proxy_operations_total{operation="add-real-server",outcome="done"}': 2,
      'kube_ipvs_proxy_operations_total{operation="bind-vip",outcome="done"}': 2,
      'kube_ipvs_proxy_drift_found_total{kind="vip"}': 1,
      'kube_ipvs_proxy_drift_repaired_total{kind="vip"}': 1,
      kube_ipvs_proxy_change_lag_seconds_count: 1,
      kube_ipvs_proxy_services: 1,
      kubeproxy_sync_proxy_rules_service_changes_pending: 0,
    }))
      expect(series.get(name), name).toBe(value);
  });
});
