import { describe, expect, it } from 'vitest';
import { defaultDocuments } from '../../src/config/checked-documents.js';
import { fieldAt, fieldPaths } from '../../src/config/field-problems.js';
import { PROXY_API_VERSION, PROXY_KIND, PROXY_SCHEMA } from '../../src/config/proxy-document.js';
import { WITHOUT_EFFECT } from '../../src/config/start-warnings.js';
import { parseDuration } from '../../src/model/duration.js';
import { isMapping } from '../../src/model/mapping.js';
import { read } from './read.js';

/** Typed by hand from kube-proxy's types.go (1.37), LoggingConfiguration and ClientConnectionConfiguration. */
const FIELDS = `
apiVersion kind featureGates
clientConnection.kubeconfig clientConnection.acceptContentTypes clientConnection.contentType clientConnection.qps
clientConnection.burst
logging.format logging.flushFrequency logging.verbosity logging.vmodule logging.options.text.splitStream
logging.options.text.infoBufferSize logging.options.json.splitStream logging.options.json.infoBufferSize
hostnameOverride bindAddress healthzBindAddress metricsBindAddress bindAddressHardFail enableProfiling
showHiddenMetricsForVersion mode
iptables.masqueradeBit iptables.masqueradeAll iptables.localhostNodePorts iptables.snatNodeInternalIP
iptables.syncPeriod iptables.minSyncPeriod
ipvs.syncPeriod ipvs.minSyncPeriod ipvs.scheduler ipvs.excludeCIDRs ipvs.strictARP ipvs.tcpTimeout ipvs.tcpFinTimeout
ipvs.udpTimeout
nftables.masqueradeBit nftables.masqueradeAll nftables.syncPeriod nftables.minSyncPeriod
winkernel.networkName winkernel.sourceVip winkernel.enableDSR winkernel.rootHnsEndpointName
winkernel.forwardHealthCheckVip
detectLocalMode detectLocal.bridgeInterface detectLocal.interfaceNamePrefix clusterCIDR nodePortAddresses oomScoreAdj
conntrack.maxPerCore conntrack.min conntrack.tcpEstablishedTimeout conntrack.tcpCloseWaitTimeout conntrack.tcpBeLiberal
conntrack.udpTimeout conntrack.udpStreamTimeout
configSyncPeriod portRange udpIdleTimeout windowsRunAsService`
  .trim()
  .split(/\s+/);

it("every field of kube-proxy's configuration is known, and no other", () => {
  expect(fieldPaths(PROXY_SCHEMA).sort()).toEqual([...FIELDS].sort());
});

it('what is said to be without effect are fields', () => {
  expect(Object.keys(WITHOUT_EFFECT).filter((path) => !FIELDS.includes(path))).toEqual([]);
});

/** A value other than the default for each field that has one of its own kind; what belongs to it is set as well. */
const OTHER_VALUES: Readonly<Record<string, unknown>> = {
  featureGates: { AllowServiceExternalIPs: false },
  'logging.format': 'text',
  'logging.verbosity': 4,
  'logging.vmodule': [{ filePattern: 'a', verbosity: 1 }],
  'logging.options.text.infoBufferSize': '1Ki',
  'logging.options.json.infoBufferSize': '1Ki',
  bindAddress: 'fd00::',
  healthzBindAddress: '127.0.0.1:1',
  metricsBindAddress: '127.0.0.1:1',
  'ipvs.scheduler': 'mh',
  'ipvs.excludeCIDRs': ['10.0.0.0/8'],
  clusterCIDR: '10.0.0.0/8',
  nodePortAddresses: ['primary'],
  detectLocalMode: 'NodeCIDR',
};

function otherValue(path: string): unknown {
  const usual = fieldAt(defaultDocuments().proxy, path);
  if (path in OTHER_VALUES) return OTHER_VALUES[path];
  if (typeof usual === 'boolean') return !usual;
  if (typeof usual === 'number') return 7;
  return parseDuration(String(usual)) === undefined ? 'other' : '7s';
}

function configurationWith(path: string, more: object = {}) {
  const inner = path.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), otherValue(path));
  const document = { apiVersion: PROXY_API_VERSION, kind: PROXY_KIND, mode: 'ipvs', ...more };
  return read(JSON.stringify({ ...document, ...deepMerge(more, inner as object) }));
}

function deepMerge(one: object, other: object): object {
  const merged: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = merged[name];
    merged[name] = isMapping(before) && isMapping(value) ? deepMerge(before, value) : value;
  }
  return merged;
}

/** Without which a field cannot be set, or says nothing. */
const TOGETHER: Readonly<Record<string, object>> = {
  'detectLocal.bridgeInterface': {
    detectLocalMode: 'BridgeInterface',
    detectLocal: { bridgeInterface: 'x' },
  },
  'detectLocal.interfaceNamePrefix': {
    detectLocalMode: 'InterfaceNamePrefix',
    detectLocal: { interfaceNamePrefix: 'x' },
  },
};

const SAYS_WHAT_IT_IS = ['apiVersion', 'kind', 'mode'];

describe('a field that is set changes the settings, or is named in the warning:', () => {
  const fields = FIELDS.filter((field) => !SAYS_WHAT_IT_IS.includes(field));

  it.each(fields)('%s', (path) => {
    const more = TOGETHER[path] ?? {};
    const before = read(
      JSON.stringify({ apiVersion: PROXY_API_VERSION, kind: PROXY_KIND, mode: 'ipvs', ...more }),
    );
    const { settings, warnings } = configurationWith(path, more);
    const hasEffect = JSON.stringify(settings) !== JSON.stringify(before.settings);
    expect(hasEffect).toBe(!(path in WITHOUT_EFFECT));
    expect(warnings.join().includes(`${path} (`)).toBe(path in WITHOUT_EFFECT);
  });
});
