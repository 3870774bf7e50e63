import { type HttpAnswer, type HttpRoute, jsonAnswer } from '../http/http-answer.js';
import type { ProxyHealth } from './proxy-health.js';

export interface HealthView {
  readonly health: ProxyHealth;
  /** Whether load balancers may still send traffic to this node (KEP-3836). */
  nodeEligible(): boolean;
  /** What the agent still waits for before its first synchronisation is done; empty once it was. */
  waitingFor(): readonly string[];
  /** Counts the answers, as `kubeproxy_proxy_healthz_total` and its like show them. */
  answered(probe: 'healthz' | 'livez', status: number): void;
}

/**
 * `/healthz` is for load balancers: this node takes traffic. `/livez` is for the liveness probe and does not depend on the
 * Node, since a restart would not mend that. `/readyz` is for the startup probe: the first synchronisation is done.
 */
export function healthRoutes(view: HealthView): ReadonlyMap<string, HttpRoute> {
  return new Map<string, HttpRoute>([
    ['/healthz', () => healthz(view)],
    ['/livez', () => livez(view)],
    ['/readyz', () => readyz(view)],
  ]);
}

function healthz({ health, nodeEligible, answered }: HealthView): HttpAnswer {
  const eligible = nodeEligible();
  const healthy = health.isHealthy && eligible;
  const status = healthy ? 200 : 503;
  answered('healthz', status);
  return jsonAnswer(status, { ...health.report(healthy), nodeEligible: eligible });
}

function livez({ health, answered }: HealthView): HttpAnswer {
  const status = health.isHealthy ? 200 : 503;
  answered('livez', status);
  return jsonAnswer(status, health.report());
}

function readyz({ waitingFor }: HealthView): HttpAnswer {
  const waiting = waitingFor();
  return jsonAnswer(waiting.length === 0 ? 200 : 503, { ready: waiting.length === 0, waitingFor: waiting });
}
