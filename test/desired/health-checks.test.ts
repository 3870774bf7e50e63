import { describe, expect, it } from 'vitest';
import { HealthChecks } from '../../src/desired/desired-services.js';
import { serviceKey } from '../../src/model/service-key.js';

const WEB = serviceKey('default', 'web');
const SHOP = serviceKey('shop', 'front');
const CHECK = { port: 32_100, localEndpoints: 1, created: 1_000 };

describe('health checks of load balancers', () => {
  it('are one map until one of them changes', () => {
    const checks = new HealthChecks();
    checks.refresh(WEB, CHECK);
    const before = checks.all;
    checks.refresh(WEB, { ...CHECK });
    checks.refresh(SHOP, undefined);
    expect(checks.all).toBe(before);
    checks.refresh(SHOP, { ...CHECK, port: 32_101 });
    expect([...checks.all.keys()]).toEqual([WEB, SHOP]);
    expect([...before.keys()]).toEqual([WEB]);
  });

  it.each([{ port: 32_200 }, { localEndpoints: 0 }, { created: 2_000 }])(
    'follow a change of %o',
    (change) => {
      const checks = new HealthChecks();
      checks.refresh(WEB, CHECK);
      const before = checks.all;
      checks.refresh(WEB, { ...CHECK, ...change });
      expect(checks.all).not.toBe(before);
      expect(checks.all.get(WEB)).toEqual({ ...CHECK, ...change });
    },
  );

  it('go with their Service', () => {
    const checks = new HealthChecks();
    checks.refresh(WEB, CHECK);
    expect(checks.all.size).toBe(1);
    checks.refresh(WEB, undefined);
    expect(checks.all.size).toBe(0);
  });
});
