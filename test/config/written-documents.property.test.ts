import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writtenDocuments } from '../../src/config/completed-documents.js';
import { configurationFrom } from '../../src/config/configuration.js';
import { read } from './read.js';

const duration = fc
  .tuple(fc.nat(99), fc.constantFrom('ms', 's', 'm', 'h'))
  .map(([count, unit]) => `${count}${unit}`);
const longer = fc
  .tuple(fc.integer({ min: 100, max: 999 }), fc.constantFrom('h'))
  .map(([count, unit]) => `${count}${unit}`);
const cidr = fc.constantFrom('10.0.0.0/8', '192.0.2.7/24', 'fd00::/48', '::/0', '0.0.0.0/0');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const proxy = fc.record(
  {
    apiVersion: fc.constant('kubeproxy.config.k8s.io/v1alpha1'),
    kind: fc.constant('KubeProxyConfiguration'),
    mode: fc.constantFrom('', 'ipvs', null),
    hostnameOverride: maybe(fc.stringMatching(/^([a-zA-Z0-9]{1,9}-[a-z]{1,9})?$/)),
    bindAddress: maybe(fc.constantFrom('', '0.0.0.0', '::', '192.0.2.1', 'fd00::7')),
    healthzBindAddress: maybe(fc.constantFrom('', '127.0.0.1:80', '::1', '[::1]:9')),
    featureGates: maybe(fc.dictionary(fc.stringMatching(/^[A-Z][a-z]{1,8}$/), fc.boolean())),
    clientConnection: maybe(
      fc.record({ kubeconfig: fc.string(), qps: fc.nat(9), burst: fc.nat(9) }, { requiredKeys: [] }),
    ),
    iptables: maybe(
      fc.record(
        {
          masqueradeAll: fc.boolean(),
          masqueradeBit: maybe(fc.nat(31)),
          snatNodeInternalIP: maybe(fc.boolean()),
          syncPeriod: duration,
        },
        { requiredKeys: [] },
      ),
    ),
    ipvs: maybe(
      fc.record(
        {
          syncPeriod: longer,
          minSyncPeriod: duration,
          scheduler: fc.constantFrom('', 'mh', 'wlc'),
          excludeCIDRs: maybe(fc.array(cidr)),
          tcpTimeout: duration,
        },
        { requiredKeys: ['syncPeriod'] },
      ),
    ),
    clusterCIDR: maybe(fc.constantFrom('', '10.244.0.0/16', '10.244.0.0/16,fd00::/48')),
    nodePortAddresses: maybe(fc.array(fc.oneof(cidr, fc.constantFrom('primary', 'localhost', 'all')))),
    conntrack: maybe(
      fc.record(
        { maxPerCore: maybe(fc.nat()), tcpEstablishedTimeout: maybe(duration) },
        { requiredKeys: [] },
      ),
    ),
    udpIdleTimeout: duration,
  },
  { requiredKeys: ['apiVersion', 'kind'] },
);

const own = fc.record(
  {
    apiVersion: fc.constant('kube-ipvs-proxy.io/v1alpha1'),
    kind: fc.constant('KubeIpvsProxyConfiguration'),
    auditPeriod: maybe(duration),
    drainDeadline: duration,
    logLevel: maybe(fc.constantFrom('', 'debug', 'silent')),
    vipBinding: maybe(fc.constantFrom('addresses', 'routes')),
    manifests: maybe(fc.string()),
    perServiceMetrics: maybe(
      fc.record({ enabled: fc.boolean(), maxServicePorts: fc.nat(99) }, { requiredKeys: [] }),
    ),
    serveMetrics: fc.boolean(),
    serviceProxyName: maybe(fc.string()),
  },
  { requiredKeys: ['apiVersion', 'kind'] },
);

it('what --write-config-to writes means the same when it is read back, and is written the same again', () => {
  fc.assert(
    fc.property(proxy, own, (first, second) => {
      // JSON is YAML: no second writer to trust.
      const before = read(`${JSON.stringify(first)}\n---\n${JSON.stringify(second)}\n`);
      const written = writtenDocuments(before.documents);
      const after = configurationFrom({ file: 'written', flags: [] }, written, 'Node-7');
      expect(after.settings).toEqual(before.settings);
      expect(writtenDocuments(after.documents)).toBe(written);
    }),
    { numRuns: 25 },
  );
});

it('flags are written into the documents', () => {
  const { documents, settings } = read(undefined, {
    manifests: 'm',
    v: '8',
    'metrics-port': '0',
    'ipvs-scheduler': 'mh',
    master: 'https://a',
  });
  const after = configurationFrom({ file: 'written', flags: [] }, writtenDocuments(documents), 'Node-7');
  expect(after.settings).toEqual(settings);
  expect(settings).toMatchObject({ logLevel: 'trace', scheduler: 'mh', serving: { metrics: undefined } });
});
