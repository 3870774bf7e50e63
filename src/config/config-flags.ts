import type { DocumentName } from './checked-documents.js';

/** How a flag's text becomes what the configuration's field holds. Ranges and names are the field's own business. */
export type FlagValue = 'text' | 'boolean' | 'number' | 'duration' | 'seconds' | 'list' | 'gates';

/** A flag that says what a field of the configuration says. */
export interface ConfigFlag {
  /** Without the dashes. */
  readonly name: string;
  readonly value: FlagValue;
  /** The field it stands for; undefined: none, it is accepted and changes nothing because of `because`. */
  readonly field: FieldName | undefined;
  readonly because?: string;
  /** counts: over the file. ignored: as kube-proxy ignores it once there is a file. */
  readonly besideConfig: 'counts' | 'ignored';
}

export interface FieldName {
  readonly document: DocumentName;
  /** `ipvs.scheduler` */
  readonly path: string;
}

function proxy(name: string, value: FlagValue, path: string): ConfigFlag {
  return { name, value, field: { document: 'proxy', path }, besideConfig: 'ignored' };
}

/** kube-proxy's, but over the file. */
function overFile(name: string, value: FlagValue, path: string): ConfigFlag {
  return { ...proxy(name, value, path), besideConfig: 'counts' };
}

function own(name: string, value: FlagValue, path: string): ConfigFlag {
  return { name, value, field: { document: 'own', path }, besideConfig: 'counts' };
}

const KLOG_FILES = 'the log goes to standard output as JSON';

/** Of klog, removed from kube-proxy in 1.26 but still in many a DaemonSet. */
function klog(name: string, value: FlagValue): ConfigFlag {
  return { name, value, field: undefined, because: KLOG_FILES, besideConfig: 'counts' };
}

/** What kube-proxy has no flag for. They count beside --config, since nobody sets them by habit. */
export const OWN_FLAGS: readonly ConfigFlag[] = [
  own('manifests', 'text', 'manifests'),
  own('adopt', 'boolean', 'adopt'),
  own('drain-deadline', 'seconds', 'drainDeadline'),
  own('admin-socket', 'text', 'adminSocket'),
  own('log-level', 'text', 'logLevel'),
  own('service-proxy-name', 'text', 'serviceProxyName'),
  own('vip-binding', 'text', 'vipBinding'),
  overFile('node-name', 'text', 'hostnameOverride'),
  overFile('scheduler', 'text', 'ipvs.scheduler'),
];

/** kube-proxy's flags (cmd/kube-proxy/app/options.go) but those that choose what to do: see cli/command-line.ts. */
export const PROXY_FLAGS: readonly ConfigFlag[] = [
  overFile('hostname-override', 'text', 'hostnameOverride'),
  own('master', 'text', 'master'),
  proxy('kubeconfig', 'text', 'clientConnection.kubeconfig'),
  proxy('kube-api-content-type', 'text', 'clientConnection.contentType'),
  proxy('kube-api-qps', 'number', 'clientConnection.qps'),
  proxy('kube-api-burst', 'number', 'clientConnection.burst'),
  proxy('config-sync-period', 'duration', 'configSyncPeriod'),
  proxy('feature-gates', 'gates', 'featureGates'),
  proxy('show-hidden-metrics-for-version', 'text', 'showHiddenMetricsForVersion'),
  proxy('bind-address', 'text', 'bindAddress'),
  proxy('healthz-bind-address', 'text', 'healthzBindAddress'),
  proxy('metrics-bind-address', 'text', 'metricsBindAddress'),
  proxy('healthz-port', 'number', 'healthzBindAddress'),
  proxy('metrics-port', 'number', 'metricsBindAddress'),
  proxy('bind-address-hard-fail', 'boolean', 'bindAddressHardFail'),
  proxy('profiling', 'boolean', 'enableProfiling'),
  proxy('proxy-mode', 'text', 'mode'),
  proxy('masquerade-all', 'boolean', 'iptables.masqueradeAll'),
  proxy('iptables-masquerade-bit', 'number', 'iptables.masqueradeBit'),
  proxy('iptables-localhost-nodeports', 'boolean', 'iptables.localhostNodePorts'),
  proxy('iptables-sync-period', 'duration', 'iptables.syncPeriod'),
  proxy('iptables-min-sync-period', 'duration', 'iptables.minSyncPeriod'),
  proxy('ipvs-sync-period', 'duration', 'ipvs.syncPeriod'),
  proxy('ipvs-min-sync-period', 'duration', 'ipvs.minSyncPeriod'),
  proxy('ipvs-scheduler', 'text', 'ipvs.scheduler'),
  proxy('ipvs-exclude-cidrs', 'list', 'ipvs.excludeCIDRs'),
  proxy('ipvs-strict-arp', 'boolean', 'ipvs.strictARP'),
  proxy('ipvs-tcp-timeout', 'duration', 'ipvs.tcpTimeout'),
  proxy('ipvs-tcpfin-timeout', 'duration', 'ipvs.tcpFinTimeout'),
  proxy('ipvs-udp-timeout', 'duration', 'ipvs.udpTimeout'),
  proxy('detect-local-mode', 'text', 'detectLocalMode'),
  proxy('pod-bridge-interface', 'text', 'detectLocal.bridgeInterface'),
  proxy('pod-interface-name-prefix', 'text', 'detectLocal.interfaceNamePrefix'),
  proxy('cluster-cidr', 'text', 'clusterCIDR'),
  proxy('nodeport-addresses', 'list', 'nodePortAddresses'),
  proxy('oom-score-adj', 'number', 'oomScoreAdj'),
  proxy('conntrack-max-per-core', 'number', 'conntrack.maxPerCore'),
  proxy('conntrack-min', 'number', 'conntrack.min'),
  proxy('conntrack-tcp-timeout-established', 'duration', 'conntrack.tcpEstablishedTimeout'),
  proxy('conntrack-tcp-timeout-close-wait', 'duration', 'conntrack.tcpCloseWaitTimeout'),
  proxy('conntrack-tcp-be-liberal', 'boolean', 'conntrack.tcpBeLiberal'),
  proxy('conntrack-udp-timeout', 'duration', 'conntrack.udpTimeout'),
  proxy('conntrack-udp-timeout-stream', 'duration', 'conntrack.udpStreamTimeout'),
  proxy('proxy-port-range', 'text', 'portRange'),
  proxy('udp-timeout', 'duration', 'udpIdleTimeout'),
  overFile('v', 'number', 'logging.verbosity'),
  overFile('logging-format', 'text', 'logging.format'),
  overFile('log-flush-frequency', 'duration', 'logging.flushFrequency'),
  overFile('log-text-split-stream', 'boolean', 'logging.options.text.splitStream'),
  overFile('log-text-info-buffer-size', 'text', 'logging.options.text.infoBufferSize'),
  overFile('log-json-split-stream', 'boolean', 'logging.options.json.splitStream'),
  overFile('log-json-info-buffer-size', 'text', 'logging.options.json.infoBufferSize'),
  { ...klog('vmodule', 'text'), because: 'there are no Go files; --log-level sets one level for all' },
  klog('logtostderr', 'boolean'),
  klog('alsologtostderr', 'boolean'),
  klog('stderrthreshold', 'text'),
  klog('log-backtrace-at', 'text'),
  klog('log-dir', 'text'),
  klog('log-file', 'text'),
  klog('log-file-max-size', 'number'),
  klog('add-dir-header', 'boolean'),
  klog('skip-headers', 'boolean'),
  klog('skip-log-headers', 'boolean'),
  klog('one-output', 'boolean'),
];

export const CONFIG_FLAGS: readonly ConfigFlag[] = [...OWN_FLAGS, ...PROXY_FLAGS];
