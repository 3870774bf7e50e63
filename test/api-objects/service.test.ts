import { describe, expect, test } from 'vitest';
import { translateService } from '../../src/api-objects/service.js';
import { reasonOf, recordOf, serviceObject, textsOf } from './objects.js';

const service = (spec: object = {}, metadata: object = {}) => translateService(serviceObject(spec, metadata));
const fields = (spec: object, metadata: object = {}) =>
  service(spec, metadata).problems.map(({ field }) => field);

describe('a Service in order', () => {
  test('becomes a record with every default filled in', () => {
    const translation = translateService({
      metadata: { name: 'web' },
      spec: { clusterIP: '10.96.0.10', ports: [{ port: 80 }] },
    });
    expect(recordOf(translation)).toEqual({
      key: 'default/web',
      clusterIPs: ['10.96.0.10'],
      externalIPs: [],
      loadBalancerIPs: [],
      ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 0 }],
      internalPolicy: 'Cluster',
      externalPolicy: 'Cluster',
      healthCheckNodePort: 0,
      sourceRanges: [],
      hasUnreadRanges: false,
      affinityTimeout: 0,
      schedulerFlags: [],
      weights: [],
      slowStart: 0,
      created: 0,
    });
    expect(translation.problems).toEqual([]);
  });

  test('keeps both addresses of a dual-stack Service in canonical form', () => {
    const clusterIPs = ['10.96.0.10', 'FD00:0:0::0A'];
    expect(recordOf(service({ clusterIPs })).clusterIPs).toEqual(['10.96.0.10', 'fd00::a']);
  });

  test('takes clusterIPs where clusterIP is absent', () => {
    const clusterIPs = ['10.96.0.11'];
    expect(recordOf(service({ clusterIP: undefined, clusterIPs })).clusterIPs).toEqual(['10.96.0.11']);
  });

  test('takes clusterIP where clusterIPs is empty', () => {
    expect(recordOf(service({ clusterIPs: [] })).clusterIPs).toEqual(['10.96.0.10']);
  });

  test('reads its creation time', () => {
    const metadata = { creationTimestamp: '2026-01-31T12:00:00Z' };
    expect(recordOf(service({}, metadata)).created).toBe(Date.UTC(2026, 0, 31, 12));
  });

  test('counts as oldest where its creation time is null, as kubectl writes it in templates', () => {
    const translation = service({}, { creationTimestamp: null });
    expect([recordOf(translation).created, translation.problems]).toEqual([0, []]);
  });

  test('has an affinity of three hours where it says ClientIP and no more', () => {
    expect(recordOf(service({ sessionAffinity: 'ClientIP' })).affinityTimeout).toBe(10_800);
  });

  test.each([1, 86_400])('keeps an affinity timeout of %i s', (timeoutSeconds) => {
    const spec = { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
    expect(recordOf(service(spec)).affinityTimeout).toBe(timeoutSeconds);
  });

  test('has no affinity where it says None, whatever the timeout', () => {
    const spec = { sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } };
    expect(recordOf(service(spec)).affinityTimeout).toBe(0);
  });
});

describe('a Service is left alone without a word', () => {
  test.each([
    ['headless', { clusterIP: 'None', clusterIPs: ['None'] }],
    ['headless', { clusterIP: undefined, clusterIPs: ['None'] }],
    ['external-name', { type: 'ExternalName', externalName: 'example.org' }],
    ['without-cluster-ip', { clusterIP: undefined, clusterIPs: undefined }],
    ['without-cluster-ip', { clusterIP: '', clusterIPs: null }],
  ])('when it is %s: %o', (because, spec) => {
    const translation = service(spec);
    expect([reasonOf(translation), translation.problems]).toEqual([because, []]);
  });

  test.each(['', 'cilium'])('when another proxy serves it (label value "%s")', (value) => {
    const translation = service({}, { labels: { 'service.kubernetes.io/service-proxy-name': value } });
    expect([reasonOf(translation), translation.problems]).toEqual(['other-proxy', []]);
    expect(translation.identity).toEqual({ namespace: 'shop', name: 'web' });
  });

  test.each([
    ['mine', undefined],
    ['other', 'other-proxy'],
    [undefined, 'other-proxy'],
  ])('when this proxy has the name "mine" and the label says %s: %s', (value, because) => {
    const labels = value === undefined ? {} : { 'service.kubernetes.io/service-proxy-name': value };
    const object = serviceObject({}, { labels });
    expect(reasonOf(translateService(object, 'mine'))).toBe(because);
  });
});

describe('a bad address', () => {
  test.each([
    '10.96.0.010',
    '10.96.0.256',
    '::ffff:10.96.0.10',
    '::ffff:a60:a',
    'web.example',
    '10.96.0.10/32',
    17,
    '0.0.0.0',
    '127.0.0.1',
    '169.254.1.1',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'febf::1',
    'ff02::1',
  ])('is left out: %s', (bad) => {
    const translation = service({ clusterIP: '10.96.0.10', clusterIPs: [bad, '10.96.0.10'] });
    expect(recordOf(translation).clusterIPs).toEqual(['10.96.0.10']);
    expect(translation.problems.map(({ field }) => field)).toEqual(['spec.clusterIPs[0]']);
  });

  test.each(['126.255.255.255', '128.0.0.1', '169.253.0.1', '223.1.1.1', '240.0.0.1', 'fec0::1', '::2'])(
    'is not one next to a special range: %s',
    (good) => {
      expect(recordOf(service({ clusterIP: good, clusterIPs: [good] })).clusterIPs).toEqual([good]);
    },
  );

  test('leaves the Service alone where it has no other', () => {
    const translation = service({ clusterIP: '127.0.0.1', clusterIPs: ['127.0.0.1'] });
    expect(reasonOf(translation)).toBe('unusable-cluster-ip');
    expect(textsOf(translation)).toEqual([
      'Service shop/web, spec.clusterIPs[0]: is 127.0.0.1, a loopback address; the address is left out. ' +
        'Use an address that packets can be routed to.',
    ]);
  });

  test('is a second one of the same family', () => {
    const translation = service({ clusterIPs: ['10.96.0.10', '10.96.0.11'] });
    expect(recordOf(translation).clusterIPs).toEqual(['10.96.0.10']);
    expect(translation.problems.map(({ field }) => field)).toEqual(['spec.clusterIPs[1]']);
  });

  test('is reported where clusterIP says something else than clusterIPs', () => {
    const translation = service({ clusterIP: '10.96.0.99' });
    expect(recordOf(translation).clusterIPs).toEqual(['10.96.0.10']);
    expect(translation.problems.map(({ field }) => field)).toEqual(['spec.clusterIP']);
  });
});

describe('a bad port', () => {
  const good = { name: 'http', port: 80 };

  test.each([0, -1, 65_536, 80.5, '80', null, undefined, Number.NaN, {}, true])(
    'is left out while the others stay: number %s',
    (port) => {
      const translation = service({ ports: [good, { name: 'bad', port }, { name: 'https', port: 443 }] });
      expect(recordOf(translation).ports.map(({ name }) => name)).toEqual(['http', 'https']);
      expect(translation.problems.map(({ field }) => field)).toEqual(['spec.ports[1].port']);
    },
  );

  test.each(['tcp', 'ICMP', '', 6])('is left out: protocol %s', (protocol) => {
    expect(fields({ ports: [good, { name: 'bad', port: 81, protocol }] })).toEqual([
      'spec.ports[1].protocol',
    ]);
  });

  test.each(['Web', '-web', 'web_1', 'a'.repeat(64), 'we\nb', 7])('is left out: name %j', (name) => {
    expect(fields({ ports: [good, { name, port: 81 }] })).toEqual(['spec.ports[1].name']);
  });

  test('is one that has the name of an earlier one', () => {
    const translation = service({ ports: [good, { name: 'http', port: 81, protocol: 'UDP' }] });
    expect(recordOf(translation).ports.map(({ port }) => port)).toEqual([80]);
    expect(translation.problems[0]?.message).toContain('another port named http');
  });

  test('is one that has number and protocol of an earlier one', () => {
    const translation = service({ ports: [good, { name: 'again', port: 80 }] });
    expect(recordOf(translation).ports.map(({ name }) => name)).toEqual(['http']);
    expect(translation.problems[0]?.message).toContain('another port 80/TCP');
  });

  test('is not one that differs from an earlier one in the protocol', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP', nodePort: 0 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', nodePort: 0 },
      { name: 'dns-sctp', port: 53, protocol: 'SCTP', nodePort: 0 },
    ];
    expect(recordOf(service({ ports })).ports).toEqual(ports);
  });

  test('is reported where it is no object, and where there is none', () => {
    expect(fields({ ports: [80] })).toEqual(['spec.ports[0]']);
    expect(fields({ ports: undefined })).toEqual(['spec.ports']);
    expect(fields({ ports: '80' })).toEqual(['spec.ports']);
  });
});

describe('a bad setting is reported and the default used', () => {
  test.each(['clientip', 'Cookie', 5])('session affinity %s', (sessionAffinity) => {
    const translation = service({ sessionAffinity });
    expect(recordOf(translation).affinityTimeout).toBe(0);
    expect(translation.problems.map(({ field }) => field)).toEqual(['spec.sessionAffinity']);
  });

  test.each([0, 86_401, 1.5, '60'])('affinity timeout %s', (timeoutSeconds) => {
    const translation = service({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
    });
    expect(recordOf(translation).affinityTimeout).toBe(10_800);
    expect(translation.problems[0]?.field).toBe('spec.sessionAffinityConfig.clientIP.timeoutSeconds');
  });

  test.each(['yesterday', '2026-01-31', '2026-13-31T12:00:00Z', 1_769_860_800])(
    'creation time %s',
    (time) => {
      const translation = service({}, { creationTimestamp: time });
      expect(recordOf(translation).created).toBe(0);
      expect(translation.problems[0]?.field).toBe('metadata.creationTimestamp');
    },
  );
});

describe('a Service without a valid name', () => {
  test.each([undefined, '', 'Web', 'web.shop', '-web', 'a'.repeat(64), 5])('is left alone: %s', (name) => {
    const translation = service({}, { name });
    expect([reasonOf(translation), translation.identity]).toEqual(['nameless', undefined]);
    expect(translation.problems.map(({ field }) => field)).toEqual(['metadata.name']);
  });

  test('is left alone for its namespace as well', () => {
    expect(fields({}, { namespace: 'Shop!' })).toEqual(['metadata.namespace']);
  });

  test('is shown with control characters escaped and cut short', () => {
    const [text = ''] = textsOf(service({}, { name: `\u001b[2J\n\u202e${'x'.repeat(5000)}` }));
    expect(text).toContain('Service shop/"\\u{1b}[2J\\u{a}\\u{202e}xxx');
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text.length).toBeLessThan(500);
  });

  test.each([null, undefined, 'web', 7, [], true])(
    'is left alone where it is no object at all: %s',
    (object) => {
      const translation = translateService(object);
      expect([reasonOf(translation), translation.problems.length]).toEqual(['nameless', 1]);
    },
  );
});

describe('the problems of a Service', () => {
  test('name object, field, what was found, what was expected, the consequence and a remedy', () => {
    const translation = service({
      ports: [
        { name: 'http', port: 80 },
        { name: 'b', port: 70_000 },
      ],
    });
    expect(textsOf(translation)).toEqual([
      'Service shop/web, spec.ports[1].port: is 70000, expected a whole number from 1 to 65535; ' +
        'the port is left out. Correct the number.',
    ]);
    expect(translation.problems[0]).toMatchObject({ kind: 'object', service: 'shop/web' });
  });

  test('are reported up to the tenth and then counted', () => {
    const ports = Array.from({ length: 25 }, () => ({ port: 0 }));
    const { problems } = service({ ports });
    expect(problems).toHaveLength(11);
    expect(problems[10]?.message).toBe('and 15 more.');
  });

  test('say where a section is no object, and take it for absent', () => {
    expect(fields({}, { labels: ['a'], annotations: 'b' })).toEqual([
      'metadata.labels',
      'metadata.annotations',
    ]);
    const text = translateService({ metadata: { name: 'web' }, spec: 'clusterIP: 10.96.0.10' });
    expect(text.problems.map(({ field }) => field)).toEqual(['spec']);
  });

  test('do not come from inherited properties', () => {
    const object = JSON.parse('{"metadata":{"name":"web"},"spec":{"__proto__":{"clusterIP":"10.96.0.10"}}}');
    expect(reasonOf(translateService(object))).toBe('without-cluster-ip');
  });
});
