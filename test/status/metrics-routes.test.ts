import { afterEach, describe, expect, it } from 'vitest';
import { byPath } from '../../src/status/http/http-answer.js';
import { HttpListener } from '../../src/status/http/http-listener.js';
import { metricsRoutes } from '../../src/status/metrics/metrics-page.js';
import { ask } from '../support/http.js';
import { HandStatusClock } from '../support/status-clock.js';

const open: HttpListener[] = [];

async function served(page: () => Promise<{ contentType: string; text: string }>): Promise<number> {
  const routes = metricsRoutes({
    page,
    configuration: () => ({ mode: 'ipvs' }),
    flags: () => ({ adopt: 'true' }),
    version: '1.2.3',
    wallTime: Date.now,
  });
  const listener = new HttpListener({
    address: { host: '127.0.0.1', port: 0 },
    responder: byPath(routes),
    clock: new HandStatusClock(),
    failed: () => undefined,
  });
  open.push(listener);
  await listener.open();
  return listener.port ?? 0;
}

afterEach(() => Promise.all(open.splice(0).map((listener) => listener.close())));

describe('the metrics server', () => {
  it('offers what kube-proxy does at the same paths', async () => {
    const port = await served(async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }));
    const paths = ['/metrics', '/proxyMode', '/configz', '/healthz', '/nothing'];
    const got = await Promise.all(paths.map((path) => ask(port, path)));
    expect(got.map(({ status, body }) => `${status} ${body}`)).toEqual([
      '200 up 1\n',
      '200 ipvs',
      '200 {"kubeproxy.config.k8s.io":{"mode":"ipvs"}}',
      '200 ok',
      '404 no such path; there is /metrics, /proxyMode, /configz, /healthz, /statusz, /flagz\n',
    ]);
    expect(got[0]?.headers['content-type']).toBe('text/plain; version=0.0.4');
  });

  it('fails the scrape, not the agent, when the page cannot be made', async () => {
    const port = await served(() => Promise.reject(new Error('too slow')));
    expect(await ask(port, '/metrics')).toMatchObject({ status: 500, body: 'too slow\n' });
  });
});
