import type * as z from 'zod/mini';
import * as is from './field-kinds.js';

export const PROXY_API_VERSION = 'kubeproxy.config.k8s.io/v1alpha1';
export const PROXY_KIND = 'KubeProxyConfiguration';

const LARGEST = 2_147_483_647;

const CLIENT_CONNECTION = is.section({
  kubeconfig: is.text(),
  acceptContentTypes: is.text(),
  contentType: is.text(),
  qps: is.anyNumber(0),
  burst: is.wholeNumber(0, 0, LARGEST),
});

const LOGGING = is.section({
  format: is.oneOf(['', 'text', 'json'], ''),
  verbosity: is.wholeNumber(0, 0, LARGEST),
  flushFrequency: is.durationOrNanoseconds(),
  vmodule: is.listOfMappings(),
  options: is.section({
    text: is.section({ splitStream: is.yesOrNo(), infoBufferSize: is.quantity() }),
    json: is.section({ splitStream: is.yesOrNo(), infoBufferSize: is.quantity() }),
  }),
});

const IPTABLES = is.section({
  masqueradeBit: is.wholeNumber(14, 0, 31),
  masqueradeAll: is.yesOrNo(),
  localhostNodePorts: is.yesOrNo(true),
  snatNodeInternalIP: is.yesOrNo(),
  syncPeriod: is.duration(),
  minSyncPeriod: is.duration(),
});

const IPVS = is.section({
  syncPeriod: is.duration(),
  minSyncPeriod: is.duration(),
  scheduler: is.schedulerField(),
  excludeCIDRs: is.cidrList(),
  strictARP: is.yesOrNo(),
  tcpTimeout: is.duration(),
  tcpFinTimeout: is.duration(),
  udpTimeout: is.duration(),
});

const NFTABLES = is.section({
  masqueradeBit: is.wholeNumber(14, 0, 31),
  masqueradeAll: is.yesOrNo(),
  syncPeriod: is.duration(),
  minSyncPeriod: is.duration(),
});

const WINKERNEL = is.section({
  networkName: is.text(),
  sourceVip: is.text(),
  enableDSR: is.yesOrNo(),
  rootHnsEndpointName: is.text(),
  forwardHealthCheckVip: is.yesOrNo(),
});

const CONNTRACK = is.section({
  maxPerCore: is.wholeNumber(32_768, 0, LARGEST),
  min: is.wholeNumber(131_072, 0, LARGEST),
  tcpEstablishedTimeout: is.duration('24h0m0s'),
  tcpCloseWaitTimeout: is.duration('1h0m0s'),
  tcpBeLiberal: is.yesOrNo(),
  udpTimeout: is.duration(),
  udpStreamTimeout: is.duration(),
});

/**
 * KubeProxyConfiguration with the names, types and null rules of kube-proxy
 * (k8s.io/kube-proxy/config/v1alpha1/types.go). Zero values that kube-proxy replaces by a default stay zero here;
 * `completed` replaces them.
 */
export const PROXY_SCHEMA = is.section({
  apiVersion: is.oneOf([PROXY_API_VERSION], PROXY_API_VERSION),
  kind: is.oneOf([PROXY_KIND], PROXY_KIND),
  featureGates: is.switches(),
  clientConnection: CLIENT_CONNECTION,
  logging: LOGGING,
  hostnameOverride: is.nodeName(),
  bindAddress: is.address(),
  healthzBindAddress: is.socketAddress(),
  metricsBindAddress: is.socketAddress(),
  bindAddressHardFail: is.yesOrNo(),
  enableProfiling: is.yesOrNo(),
  showHiddenMetricsForVersion: is.text(),
  mode: is.oneOf(['', 'ipvs'], ''),
  iptables: IPTABLES,
  ipvs: IPVS,
  nftables: NFTABLES,
  winkernel: WINKERNEL,
  detectLocalMode: is.oneOf(['', 'ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'], ''),
  detectLocal: is.section({ bridgeInterface: is.text(), interfaceNamePrefix: is.text() }),
  clusterCIDR: is.clusterCIDRs(),
  nodePortAddresses: is.nodePortAddressList(),
  oomScoreAdj: is.wholeNumber(-999, -1000, 1000),
  conntrack: CONNTRACK,
  configSyncPeriod: is.duration(),
  portRange: is.text(),
  udpIdleTimeout: is.duration(),
  windowsRunAsService: is.yesOrNo(),
});

export type ProxyDocument = z.output<typeof PROXY_SCHEMA>;
