import { describe, expect, it } from 'vitest';
import { zPages } from '../../src/status/http/z-pages.js';

const STARTED = Date.UTC(2026, 0, 1);
const routes = zPages({
  version: '1.2.3',
  started: STARTED,
  now: () => STARTED + 3_725_000,
  paths: () => ['/metrics', '/statusz'],
  flags: () => ({ 'cluster-cidr': '10.244.0.0/16', adopt: 'true' }),
});

const answer = async (path: string, accept?: string) => routes.get(path)?.({ accept });

describe('/statusz and /flagz', () => {
  it('are text for people', async () => {
    for (const accept of [undefined, '*/*', 'text/html, text/plain;q=0.9']) {
      const status = await answer('/statusz', accept);
      expect(status?.status).toBe(200);
      expect(status?.body).toContain('Up: 1 hr 02 min 05 sec\n');
      expect(status?.body).toContain('Binary version: 1.2.3\n');
      expect(status?.body).toContain('Paths: /metrics /statusz\n');
      expect((await answer('/flagz', accept))?.body).toMatch(
        /\n\nadopt=true\ncluster-cidr=10\.244\.0\.0\/16\n$/,
      );
    }
  });

  it('are objects for programs that ask for group, version and kind', async () => {
    const status = await answer('/statusz', 'application/json;v=v1beta1;g=config.k8s.io;as=Statusz');
    expect(JSON.parse(status?.body ?? '')).toEqual({
      kind: 'Statusz',
      apiVersion: 'config.k8s.io/v1beta1',
      metadata: { name: 'kube-ipvs-proxy' },
      startTime: '2026-01-01T00:00:00Z',
      uptimeSeconds: 3725,
      binaryVersion: '1.2.3',
      paths: ['/metrics', '/statusz'],
    });
    const flags = await answer('/flagz', 'application/json; v=v1alpha1; g=config.k8s.io; as=Flagz');
    expect(JSON.parse(flags?.body ?? '')).toMatchObject({
      apiVersion: 'config.k8s.io/v1alpha1',
      flags: { adopt: 'true' },
    });
  });

  it.each(['application/json', 'application/json;v=v1beta1;g=config.k8s.io;as=Flagz', 'text/html'])(
    'refuse %s with 406',
    async (accept) => {
      expect((await answer('/statusz', accept))?.status).toBe(406);
    },
  );
});
