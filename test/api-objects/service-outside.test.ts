import { describe, expect, test } from 'vitest';
import { translateService } from '../../src/api-objects/service.js';
import { recordOf, serviceObject, textsOf } from './objects.js';

const HTTP = { name: 'http', port: 80 };
const service = (spec: object, ingress?: unknown) =>
  translateService({
    ...(serviceObject(spec) as object),
    ...(ingress !== undefined && { status: { loadBalancer: { ingress } } }),
  });
const reported = (spec: object, ingress?: unknown) =>
  service(spec, ingress).problems.map(({ field, message }) => `${field}: ${message}`);

describe('addresses for clients outside', () => {
  test('are the external ones and those of the load balancer, in canonical form', () => {
    const spec = { type: 'LoadBalancer', externalIPs: ['192.0.2.10', '2001:DB8::10'] };
    const translation = service(spec, [{ ip: '192.0.2.20' }, { ip: '2001:db8:0::20', ipMode: 'VIP' }]);
    expect(recordOf(translation)).toMatchObject({
      externalIPs: ['192.0.2.10', '2001:db8::10'],
      loadBalancerIPs: ['192.0.2.20', '2001:db8::20'],
    });
    expect(translation.problems).toEqual([]);
  });

  test('are not those that the load balancer translates itself, nor its host names', () => {
    const ingress = [{ ip: '192.0.2.20', ipMode: 'Proxy' }, { hostname: 'lb.example' }, { ip: '' }];
    const translation = service({ type: 'LoadBalancer' }, ingress);
    expect([recordOf(translation).loadBalancerIPs, translation.problems]).toEqual([[], []]);
  });

  test("count as the load balancer's where they are in both lists, so that source ranges hold for them", () => {
    const spec = { type: 'LoadBalancer', externalIPs: ['192.0.2.10', '192.0.2.20'] };
    const translation = service(spec, [{ ip: '192.0.2.20' }, { ip: '192.0.2.20' }]);
    expect(recordOf(translation)).toMatchObject({
      externalIPs: ['192.0.2.10'],
      loadBalancerIPs: ['192.0.2.20'],
    });
    expect(translation.problems).toEqual([]);
  });

  test.each(['127.0.0.1', '0.0.0.0', '224.0.0.1', '169.254.1.1', 'fe80::1', '10.0.0.010', 'host', 5, null])(
    'are left out where nothing can be sent to them: %s',
    (bad) => {
      const translation = service({ type: 'LoadBalancer', externalIPs: [bad, '192.0.2.10'] });
      expect(recordOf(translation).externalIPs).toEqual(['192.0.2.10']);
      expect(translation.problems.map(({ field }) => field)).toEqual(['spec.externalIPs[0]']);
    },
  );

  test.each([
    [{ ip: '127.0.0.1' }, 'status.loadBalancer.ingress[0].ip'],
    [{ ip: '192.0.2.20', ipMode: 'Direct' }, 'status.loadBalancer.ingress[0].ipMode'],
    ['192.0.2.20', 'status.loadBalancer.ingress[0]'],
  ])('are left out with a word: %o', (bad, field) => {
    const translation = service({ type: 'LoadBalancer' }, [bad, { ip: '192.0.2.21' }]);
    expect(recordOf(translation).loadBalancerIPs).toEqual(['192.0.2.21']);
    expect(translation.problems.map((problem) => problem.field)).toEqual([field]);
  });

  test('are left out where they are the clusterIP', () => {
    const ip = '10.96.0.10';
    const translation = service({ type: 'LoadBalancer', externalIPs: [ip] }, [{ ip }]);
    expect(recordOf(translation)).toMatchObject({ externalIPs: [], loadBalancerIPs: [] });
    expect(translation.problems.map(({ message }) => message)).toEqual([
      'is 10.96.0.10, which is the clusterIP; the address is left out here.',
      'is 10.96.0.10, which is the clusterIP; the address is left out here.',
    ]);
  });

  test('are reported where one stands twice among the external ones', () => {
    expect(reported({ externalIPs: ['192.0.2.10', '192.0.2.10'] })).toEqual([
      'spec.externalIPs[1]: is 192.0.2.10 a second time; the address is left out.',
    ]);
  });
});

describe('a node port', () => {
  const nodePorts = (spec: object) => recordOf(service(spec)).ports.map(({ nodePort }) => nodePort);

  test.each(['NodePort', 'LoadBalancer'])('is read from a %s Service', (type) => {
    expect(nodePorts({ type, ports: [{ ...HTTP, nodePort: 30_080 }] })).toEqual([30_080]);
  });

  test('may be missing, also where others have one', () => {
    const ports = [HTTP, { name: 'https', port: 443, nodePort: 30_443 }, { name: 'x', port: 1, nodePort: 0 }];
    expect([nodePorts({ type: 'LoadBalancer', ports }), reported({ type: 'LoadBalancer', ports })]).toEqual([
      [0, 30_443, 0],
      [],
    ]);
  });

  test.each([65_536, -1, '30080', 1.5])('that is none costs the node port only: %s', (nodePort) => {
    const spec = { type: 'NodePort', ports: [{ ...HTTP, nodePort }] };
    expect(nodePorts(spec)).toEqual([0]);
    expect(reported(spec)[0]).toMatch(/^spec\.ports\[0\]\.nodePort: .*; the node port is left out\.$/);
  });

  test('may be shared by protocols, and not by ports', () => {
    const dns = { name: 'dns', port: 53, nodePort: 30_053 };
    const ports = [
      dns,
      { ...dns, name: 'udp', protocol: 'UDP' },
      { ...dns, name: 'again', port: 54, protocol: 'UDP' },
    ];
    expect(nodePorts({ type: 'NodePort', ports })).toEqual([30_053, 30_053, 0]);
    expect(reported({ type: 'NodePort', ports })).toEqual([
      'spec.ports[2].nodePort: is 30053/UDP a second time in this Service; the node port is left out.',
    ]);
  });

  test('has no effect on a ClusterIP Service', () => {
    const spec = { ports: [{ ...HTTP, nodePort: 30_080 }] };
    expect(nodePorts(spec)).toEqual([0]);
    expect(reported(spec)).toEqual([
      'spec.ports[0].nodePort: is 30080, but a ClusterIP Service has none; the node port is left out.',
    ]);
  });
});

describe('traffic policies', () => {
  const LOCAL = { internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' };

  test.each([
    ['NodePort', {}],
    ['LoadBalancer', {}],
    ['ClusterIP', { externalIPs: ['192.0.2.10'] }],
  ])('are read: %s %o', (type, over) => {
    const translation = service({ type, ...LOCAL, ...over });
    expect(recordOf(translation)).toMatchObject({ internalPolicy: 'Local', externalPolicy: 'Local' });
    expect(translation.problems).toEqual([]);
  });

  test('for clients outside have no effect where there can be none', () => {
    expect(recordOf(service(LOCAL))).toMatchObject({ internalPolicy: 'Local', externalPolicy: 'Cluster' });
    expect(textsOf(service(LOCAL))).toEqual([
      'Service shop/web, spec.externalTrafficPolicy: is Local, but no client outside the cluster can reach a ' +
        'ClusterIP Service without externalIPs; it has no effect. ' +
        'Write internalTrafficPolicy if clients inside are meant, or leave the field out.',
    ]);
  });

  test.each(['internalTrafficPolicy', 'externalTrafficPolicy'])('that are none are reported: %s', (name) => {
    const translation = service({ type: 'NodePort', [name]: 'local' });
    expect(recordOf(translation)).toMatchObject({ internalPolicy: 'Cluster', externalPolicy: 'Cluster' });
    expect(translation.problems[0]).toMatchObject({
      field: `spec.${name}`,
      message: 'is "local", expected Cluster or Local; Cluster is used.',
    });
  });

  test('of a Service of unknown type are those of a ClusterIP Service', () => {
    const translation = service({ type: 'Nodeport', externalTrafficPolicy: 'Local' });
    expect(recordOf(translation).externalPolicy).toBe('Cluster');
    expect(translation.problems.map(({ field }) => field)).toEqual([
      'spec.type',
      'spec.externalTrafficPolicy',
    ]);
  });
});

describe('a health check port', () => {
  const LOCAL = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000 };

  test('is read where a load balancer asks after local endpoints', () => {
    expect([recordOf(service(LOCAL)).healthCheckNodePort, reported(LOCAL)]).toEqual([32_000, []]);
  });

  test.each([{ type: 'NodePort' }, { externalTrafficPolicy: 'Cluster' }])('is left out with %o', (over) => {
    const spec = { ...LOCAL, ...over };
    expect(recordOf(service(spec)).healthCheckNodePort).toBe(0);
    expect(reported(spec)).toEqual([
      'spec.healthCheckNodePort: is 32000, but only a LoadBalancer Service with externalTrafficPolicy Local is asked; ' +
        'nobody listens on it.',
    ]);
  });

  test('is left out where it is a node port of the Service as well', () => {
    const spec = { ...LOCAL, ports: [{ ...HTTP, nodePort: 32_000 }] };
    expect(recordOf(service(spec)).healthCheckNodePort).toBe(0);
    expect(reported(spec)[0]).toContain('is 32000, which is the nodePort of port http as well');
  });

  test('that is no number is left out', () => {
    expect(reported({ ...LOCAL, healthCheckNodePort: '32000' })[0]).toMatch(
      /expected a whole number.*nobody listens/,
    );
  });
});

describe('source ranges', () => {
  const INGRESS = [{ ip: '192.0.2.20' }];
  const DUAL = [...INGRESS, { ip: '2001:db8::20' }];
  const ranges = (...loadBalancerSourceRanges: unknown[]) => ({
    type: 'LoadBalancer',
    loadBalancerSourceRanges,
  });
  const read = (translation: ReturnType<typeof service>) => {
    const { sourceRanges, hasUnreadRanges } = recordOf(translation);
    return [sourceRanges.map(({ text }) => text), hasUnreadRanges];
  };

  test('are read, each once, trimmed and without host bits', () => {
    const translation = service(ranges(' 198.51.100.7/24', '198.51.100.0/24', '203.0.113.9/32 '), INGRESS);
    expect(read(translation)).toEqual([['198.51.100.0/24', '203.0.113.9/32'], false]);
    expect(translation.problems).toEqual([]);
  });

  test('behind the first thousand allow nobody, and are reported once', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `20.0.${index >> 8}.${index & 255}/32`);
    const translation = service(ranges(...many));
    expect(recordOf(translation).sourceRanges).toHaveLength(1_000);
    expect(translation.problems.map(({ message }) => message)).toEqual([
      'has 10000 ranges; those behind the first 1000 allow nobody.',
    ]);
  });

  test.each([undefined, null, []])('restrict nobody where there are none: %j', (loadBalancerSourceRanges) => {
    const translation = service({ type: 'LoadBalancer', loadBalancerSourceRanges }, DUAL);
    expect([read(translation), translation.problems]).toEqual([[[], false], []]);
  });

  test('that cannot be read leave the others in force', () => {
    const translation = service(ranges('198.51.100.0/24', '198.51.100.0/33'), INGRESS);
    expect(read(translation)).toEqual([['198.51.100.0/24'], true]);
    expect(translation.problems.map(({ field }) => field)).toEqual(['spec.loadBalancerSourceRanges[1]']);
  });

  test('of which none can be read allow nobody', () => {
    const spec = ranges('office');
    expect(read(service(spec, INGRESS))).toEqual([[], true]);
    expect(reported(spec, INGRESS)).toEqual([
      'spec.loadBalancerSourceRanges[0]: is "office", expected a range of addresses such as 192.0.2.0/24 or ' +
        '2001:db8::/32; it allows nobody.',
      'spec.loadBalancerSourceRanges: has no IPv4 range that can be read; nobody may use 192.0.2.20.',
    ]);
  });

  test('that are no list allow nobody', () => {
    const spec = { type: 'LoadBalancer', loadBalancerSourceRanges: '198.51.100.0/24' };
    expect(read(service(spec, INGRESS))).toEqual([[], true]);
    expect(reported(spec, INGRESS)[0]).toContain('no client may use the address of the load balancer');
  });

  test('of one family only are reported where the load balancer has an address of the other', () => {
    expect(reported(ranges('198.51.100.0/24'), DUAL)).toEqual([
      'spec.loadBalancerSourceRanges: has no IPv6 range, so every IPv6 client may use 2001:db8::20.',
    ]);
  });

  test('of a family that the Service does not have are reported', () => {
    expect(reported(ranges('2001:db8::/32', '198.51.100.0/24'), INGRESS)).toEqual([
      'spec.loadBalancerSourceRanges: has 2001:db8::/32, but the Service has no IPv6 address; the range has no effect.',
    ]);
  });

  test('are not reported while the load balancer has no address yet', () => {
    expect(reported(ranges('198.51.100.0/24'))).toEqual([]);
  });
});
