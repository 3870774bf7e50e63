/** ConfigMaps of kube-proxy as installers of several years write them, with mode ipvs asked for. */

const HEAD = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
`;

/** kubeadm writes every field of its release; zero values and nulls stand for defaults. */
const KUBEADM_1_20 = `${HEAD}bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack: {maxPerCore: null, min: null, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null}
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s, tcpFinTimeout: 0s, tcpTimeout: 0s, udpTimeout: 0s}
metricsBindAddress: ""
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
udpIdleTimeout: 0s
winkernel: {enableDSR: false, networkName: "", sourceVip: ""}
`;

const KUBEADM_1_24 = KUBEADM_1_20.replace(
  'winkernel: {',
  'winkernel: {forwardHealthCheckVip: false, rootHnsEndpointName: "", ',
).replace(
  'detectLocalMode: ""',
  'detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}\ndetectLocalMode: ""',
);

const KUBEADM_1_27 = KUBEADM_1_24.replace('udpIdleTimeout: 0s\n', '').replace(
  'masqueradeAll: false,',
  'localhostNodePorts: null, masqueradeAll: false,',
);

const KUBEADM_1_29 = `${KUBEADM_1_27}logging:
  flushFrequency: 0
  options: {json: {infoBufferSize: "0"}}
  verbosity: 0
`;

const KUBEADM_1_31 = `${KUBEADM_1_29.replace('{json: ', '{text: {infoBufferSize: "0"}, json: ').replace(
  'conntrack: {',
  'conntrack: {tcpBeLiberal: false, udpStreamTimeout: 0s, udpTimeout: 0s, ',
)}nftables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
`;

const KUBEADM_1_37 = `${KUBEADM_1_31}windowsRunAsService: false
featureGates: {KubeProxyIPVS: true}
`;

/** As kubespray renders its template today, Python's booleans included. */
const KUBESPRAY = `${HEAD}bindAddress: "0.0.0.0"
clientConnection:
  acceptContentTypes: 
  burst: 10
  contentType: application/vnd.kubernetes.protobuf
  kubeconfig: 
  qps: 5
clusterCIDR: "10.233.64.0/18"
configSyncPeriod: 15m0s
conntrack:
  maxPerCore: 32768
  min: 131072
  tcpCloseWaitTimeout: 1h0m0s
  tcpEstablishedTimeout: 24h0m0s
enableProfiling: False
healthzBindAddress: "0.0.0.0:10256"
hostnameOverride: "node1"
iptables:
  masqueradeAll: False
  masqueradeBit: 14
  minSyncPeriod: 0s
  syncPeriod: 30s
ipvs:
  excludeCIDRs: []
  minSyncPeriod: 0s
  scheduler: rr
  syncPeriod: 30s
  strictARP: False
  tcpTimeout: 0s
  tcpFinTimeout: 0s
  udpTimeout: 0s
metricsBindAddress: "127.0.0.1:10249"
nodePortAddresses: []
oomScoreAdj: -999
portRange: 
`;

/** Of the years in which it wrote \`conntrack.max\` and \`resourceContainer\`. */
const KUBESPRAY_2018 = `${KUBESPRAY.replace('conntrack:\n', 'conntrack:\n  max: null\n')}resourceContainer: ""
udpIdleTimeout: 250ms
`;

const KUBEASZ = `kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 192.0.2.7
clientConnection:
  kubeconfig: "/etc/kubernetes/kube-proxy.kubeconfig"
clusterCIDR: "172.20.0.0/16"
conntrack:
  maxPerCore: 32768
  min: 131072
  tcpCloseWaitTimeout: 1h0m0s
  tcpEstablishedTimeout: 24h0m0s
healthzBindAddress: 192.0.2.7:10256
hostnameOverride: "192.0.2.7"
metricsBindAddress: 192.0.2.7:10249
mode: "ipvs"
`;

/** Made by \`--write-config-to\` of an old kube-proxy and edited since, as Zalando's. */
const ZALANDO = `${HEAD}bindAddress: 0.0.0.0
clientConnection: {acceptContentTypes: "", burst: 10, contentType: application/vnd.kubernetes.protobuf, qps: 5}
clusterCIDR: ""
configSyncPeriod: 15m0s
conntrack: {maxPerCore: 131072, min: 524288, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s}
enableProfiling: false
featureGates: {TopologyAwareHints: true, SizeMemoryBackedVolumes: true}
healthzBindAddress: 127.0.0.1:10256
hostnameOverride: ""
iptables: {masqueradeAll: false, masqueradeBit: 14, minSyncPeriod: 0s, syncPeriod: 30s}
ipvs: {minSyncPeriod: 0s, scheduler: "", syncPeriod: 30s}
metricsBindAddress: 0.0.0.0:10249
oomScoreAdj: -999
portRange: ""
resourceContainer: /kube-proxy
udpIdleTimeout: 250ms
`;

/** As many a guide to an installation by hand has it. */
const BY_HAND = `${HEAD}bindAddress: 0.0.0.0
clientConnection: {kubeconfig: /etc/kubernetes/kube-proxy.kubeconfig, qps: 5, burst: 10}
clusterCIDR: 172.16.0.0/12
conntrack: {max: null, maxPerCore: 32768, min: 131072}
iptables: {masqueradeAll: false, masqueradeBit: 14, minSyncPeriod: 0s, syncPeriod: 30s}
ipvs: {masqueradeAll: true, masqueradeBit: 14, minSyncPeriod: 5s, scheduler: rr, syncPeriod: 30s}
detectLocal: {clusterCIDRs: [172.16.0.0/12]}
logging: {format: text, sanitization: false, verbosity: 0}
`;

export interface InstallerConfig {
  readonly text: string;
  /** Fields that no release of today has: kube-proxy logs them and goes on. */
  readonly unknown: readonly string[];
}

export const INSTALLER_CONFIGS: Readonly<Record<string, InstallerConfig>> = {
  'kubeadm 1.20': { text: KUBEADM_1_20, unknown: [] },
  'kubeadm 1.24': { text: KUBEADM_1_24, unknown: [] },
  'kubeadm 1.27': { text: KUBEADM_1_27, unknown: [] },
  'kubeadm 1.29': { text: KUBEADM_1_29, unknown: [] },
  'kubeadm 1.31': { text: KUBEADM_1_31, unknown: [] },
  'kubeadm 1.37': { text: KUBEADM_1_37, unknown: [] },
  kubespray: { text: KUBESPRAY, unknown: [] },
  'kubespray of 2018': { text: KUBESPRAY_2018, unknown: ['resourceContainer', 'conntrack.max'] },
  kubeasz: { text: KUBEASZ, unknown: [] },
  Zalando: { text: ZALANDO, unknown: ['resourceContainer'] },
  'a guide': {
    text: BY_HAND,
    unknown: [
      'logging.sanitization',
      'ipvs.masqueradeAll',
      'ipvs.masqueradeBit',
      'detectLocal.clusterCIDRs',
      'conntrack.max',
    ],
  },
};

/** kops, RKE2 and k3s write no file; these are the flags of their pods and processes. */
export const INSTALLER_FLAGS: Readonly<Record<string, readonly string[]>> = {
  kops: [
    '--conntrack-max-per-core=131072',
    '--hostname-override=i-0123456789abcdef0',
    '--ipvs-exclude-cidrs=10.0.0.0/8',
    '--ipvs-min-sync-period=5s',
    '--ipvs-scheduler=rr',
    '--ipvs-sync-period=30s',
    '--kubeconfig=/var/lib/kube-proxy/kubeconfig',
    '--master=https://api.internal.example.org',
    '--oom-score-adj=-998',
    '--proxy-mode=ipvs',
    '--v=2',
    '--logtostderr=false',
    '--alsologtostderr=true',
    '--log-file=/var/log/kube-proxy.log',
  ],
  RKE2: [
    '--cluster-cidr=10.42.0.0/16',
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-close-wait=0s',
    '--conntrack-tcp-timeout-established=0s',
    '--healthz-bind-address=127.0.0.1',
    '--hostname-override=node-1',
    '--kubeconfig=/var/lib/rancher/rke2/agent/kubeproxy.kubeconfig',
    '--proxy-mode=ipvs',
  ],
};
