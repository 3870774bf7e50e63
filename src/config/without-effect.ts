import type { Documents } from './completed-documents.js';
import { fieldAt } from './schema-fields.js';

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
  configSyncPeriod:
    'nothing is kept that would have to be told again; the audit compares everything with the kernel',
  portRange: 'was for the userspace mode, which kube-proxy no longer has',
  udpIdleTimeout: 'was for the userspace mode, which kube-proxy no longer has',
  windowsRunAsService: WINDOWS,
};

/** One sentence that names what was set and changes nothing: these fields, and `more`. Undefined where there is none. */
export function withoutEffect(
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
