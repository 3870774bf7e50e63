import { describe, expect, it } from 'vitest';
import { RelayRoutes } from '../../src/desired/desired-services.js';
import { hostPort } from '../../src/model/frontend.js';
import { relayKey } from '../../src/model/relay-route.js';
import type { Service } from '../../src/model/service.js';
import { VIP_A, VIP_A6 } from '../support/addresses.js';
import { aService, HTTP } from '../support/objects.js';

const NODE_PORT = { ...HTTP, nodePort: 30_080 };

function routesOf(...services: readonly Service[]): string[] {
  const routes = new RelayRoutes();
  for (const service of services) routes.refresh(service.key, service);
  return routes.all.map((route) => `${relayKey(route)} ${hostPort(route.address, route.port)}`);
}

describe('routes of the relay', () => {
  it('lead from both loopback addresses to the ClusterIP of their family, where there is one', () => {
    const ports = [NODE_PORT];
    expect(routesOf(aService('both', [VIP_A, VIP_A6], { ports }))).toEqual([
      '127.0.0.1:30080 10.96.0.10:80',
      '[::1]:30080 [fd00:96::10]:80',
    ]);
    expect(routesOf(aService('six', [VIP_A6], { ports }))).toEqual([
      '127.0.0.1:30080 [fd00:96::10]:80',
      '[::1]:30080 [fd00:96::10]:80',
    ]);
  });

  it('are for TCP NodePorts only', () => {
    const ports = [HTTP, { ...NODE_PORT, protocol: 'UDP' as const }];
    expect(routesOf(aService('web', [VIP_A], { ports }))).toEqual([]);
  });

  it('are one list until one of them changes', () => {
    const routes = new RelayRoutes();
    const web = aService('web', [VIP_A], { ports: [NODE_PORT] });
    routes.refresh(web.key, web);
    const before = routes.all;
    routes.refresh(web.key, { ...web, affinityTimeout: 9 });
    expect(routes.all).toBe(before);
    routes.refresh(web.key, { ...web, ports: [{ ...NODE_PORT, port: 81 }] });
    expect(routes.all.map(({ port }) => port)).toEqual([81, 81]);
    routes.refresh(web.key, undefined);
    expect(routes.all).toEqual([]);
  });
});
