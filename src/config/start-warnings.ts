import { defaultDocuments } from './checked-documents.js';
import type { Documents } from './completed-documents.js';
import type { RawDocuments } from './config-file.js';
import { fieldAt } from './field-problems.js';
import type { GivenFlag } from './given-flags.js';
import { EXTERNAL_IPS_GATE } from './settings-from-documents.js';

interface GivenConfiguration {
  /** Path of `--config`; undefined: flags alone. */
  readonly file: string | undefined;
  /** What the file says, without any flag. */
  readonly raw: RawDocuments;
  readonly flags: readonly GivenFlag[];
  /** Flags that the file outranks. */
  readonly ignored: readonly GivenFlag[];
  readonly documents: Documents;
}

/** What was accepted and is not done as it reads, one sentence each. */
export function startWarnings(given: GivenConfiguration): string[] {
  const idle = given.flags.filter(({ flag }) => flag.field === undefined);
  const sentences = [
    ignoredFlags(given),
    emptyMode(given.raw),
    loopbackNodePorts(given.documents),
    withoutEffect(given.documents, defaultDocuments(), [
      ...idleGates(given.documents),
      ...ownAddress(given.documents),
      ...idle.map(({ flag }) => `--${flag.name} (${flag.because})`),
    ]),
  ];
  return sentences.filter((sentence) => sentence !== undefined);
}

function ignoredFlags({ ignored, file }: GivenConfiguration): string | undefined {
  const names = ignored.map(({ flag }) => `--${flag.name}`).join(', ');
  return names === ''
    ? undefined
    : `Ignored beside --config, as in kube-proxy: ${names}. Write them into ${file}.`;
}

function idleGates({ proxy }: Documents): string[] {
  const gates = Object.keys(proxy.featureGates).filter((gate) => gate !== EXTERNAL_IPS_GATE);
  if (gates.length === 0) return [];
  return [
    `featureGates ${gates.join(', ')} (what they open in kube-proxy is decided here by the program alone)`,
  ];
}

// Its family decides where health and metrics answer by default, also where the address is a certain one.
function ownAddress({ proxy: { bindAddress } }: Documents): string[] {
  if (['', '0.0.0.0'].includes(bindAddress) || bindAddress.includes(':')) return [];
  return ["bindAddress (the node's addresses are those of its interfaces and of its Node object)"];
}

// Flags alone are no statement about the mode; a document of kube-proxy is.
function emptyMode({ proxy }: RawDocuments): string | undefined {
  return proxy === undefined || (proxy.mode ?? '') !== ''
    ? undefined
    : 'mode is empty, for which kube-proxy takes iptables; this program balances by IPVS all the same. Write mode: ipvs.';
}

function loopbackNodePorts({ proxy, own }: Documents): string | undefined {
  const loopback = proxy.nodePortAddresses.filter((text) => /^(localhost$|127\.|::1\/)/.test(text));
  return loopback.length === 0 || own.localhostNodePorts
    ? undefined
    : `nodePortAddresses names ${loopback.join(', ')}, which IPVS cannot balance. Set localhostNodePorts: true in KubeIpvsProxyConfiguration.`;
}

const OTHER_MODE = 'it belongs to another mode';
const REQUESTS = 'the API server is asked by a handful of long requests for JSON';
const WINDOWS = 'it is for Windows';
const LOG = 'the log is JSON, one line at a time';

/**
 * Fields of KubeProxyConfiguration that change nothing here, with the reason. Every other field is honoured.
 * docs/configuration.md says the same, and a test compares the two.
 */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'clientConnection.acceptContentTypes': REQUESTS,
  'clientConnection.contentType': REQUESTS,
  'clientConnection.qps': REQUESTS,
  'clientConnection.burst': REQUESTS,
  'logging.format': LOG,
  'logging.flushFrequency': LOG,
  'logging.vmodule': 'there are no Go files; logLevel sets one level for all',
  'logging.options.text.splitStream': LOG,
  'logging.options.text.infoBufferSize': LOG,
  'logging.options.json.splitStream': LOG,
  'logging.options.json.infoBufferSize': LOG,
  enableProfiling: "pprof is Go's profiler",
  showHiddenMetricsForVersion: 'no metrics are hidden',
  'iptables.masqueradeBit': 'connections are masqueraded by where they were going, which takes no mark',
  'iptables.localhostNodePorts': `${OTHER_MODE}; our own localhostNodePorts does it for ipvs`,
  'iptables.snatNodeInternalIP': OTHER_MODE,
  'iptables.syncPeriod': OTHER_MODE,
  'iptables.minSyncPeriod': OTHER_MODE,
  'nftables.masqueradeBit': OTHER_MODE,
  'nftables.masqueradeAll': OTHER_MODE,
  'nftables.syncPeriod': OTHER_MODE,
  'nftables.minSyncPeriod': OTHER_MODE,
  'winkernel.networkName': WINDOWS,
  'winkernel.sourceVip': WINDOWS,
  'winkernel.enableDSR': WINDOWS,
  'winkernel.rootHnsEndpointName': WINDOWS,
  'winkernel.forwardHealthCheckVip': WINDOWS,
  configSyncPeriod: 'nothing is sent again at intervals; the audit compares everything with the kernel',
  portRange: 'was for the userspace mode, which kube-proxy no longer has',
  udpIdleTimeout: 'was for the userspace mode, which kube-proxy no longer has',
  windowsRunAsService: WINDOWS,
};

/**
 * One sentence that names what was set and changes nothing: these fields, and `more`. Undefined where there is none.
 */
function withoutEffect(
  documents: Documents,
  defaults: Documents,
  more: readonly string[],
): string | undefined {
  const fields = Object.entries(WITHOUT_EFFECT).filter(([path]) => differs(documents, defaults, path));
  const named = [...fields.map(([path, because]) => `${path} (${because})`), ...more];
  return named.length === 0 ? undefined : `Set, but without effect here: ${named.join('; ')}.`;
}

function differs({ proxy }: Documents, defaults: Documents, path: string): boolean {
  return JSON.stringify(fieldAt(proxy, path)) !== JSON.stringify(fieldAt(defaults.proxy, path));
}
