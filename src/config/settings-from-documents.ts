import { parseCidr } from '../model/cidr.js';
import { durationSeconds } from '../model/duration.js';
import type { LocalDetection } from '../model/local-detection.js';
import type {
  AddressLimitSettings,
  AgentSettings,
  ConntrackSettings,
  IpvsSettings,
  LogLevel,
  ServingSettings,
  SourceSettings,
} from './agent-settings.js';
import type { Documents } from './completed-documents.js';
import type { ProxyDocument } from './proxy-document.js';
import { parseClusterCIDRs, portRange } from './value-syntax.js';

/** What complete documents mean for the agent; `hostname` is the machine's own name. */
export function settingsFrom({ proxy, own }: Documents, hostname: string): AgentSettings {
  const { ipvs } = proxy;
  const source = sourceFrom({ proxy, own });
  return {
    source,
    nodeName: nodeNameFrom(proxy.hostnameOverride, source, hostname),
    serviceProxyName: own.serviceProxyName || undefined,
    adopt: own.adopt,
    scheduler: ipvs.scheduler,
    excludedCIDRs: canonical(ipvs.excludeCIDRs),
    masqueradeAll: proxy.iptables.masqueradeAll,
    localDetection: localDetectionFrom(proxy),
    nodePorts: {
      addresses: canonical(proxy.nodePortAddresses),
      localhostRelay: own.localhostNodePorts,
    },
    nodePortRange: portRange(own.nodePortRange),
    addressLimits: addressLimitsFrom({ proxy, own }),
    maxFrontendsPerService: own.maxFrontendsPerService,
    vipBinding: own.vipBinding,
    drainDeadline: durationSeconds(own.drainDeadline),
    gatherTime: durationSeconds(ipvs.minSyncPeriod),
    syncPeriod: durationSeconds(ipvs.syncPeriod),
    auditPeriod: durationSeconds(own.auditPeriod),
    serving: servingFrom({ proxy, own }),
    perServiceMetrics: own.perServiceMetrics,
    nodeSetUp: {
      conntrack: conntrackFrom(proxy.conntrack),
      ipvs: ipvsFrom({ proxy, own }),
      strictArp: ipvs.strictARP,
      oomScoreAdj: proxy.oomScoreAdj,
    },
    adminSocket: own.adminSocket,
    logLevel: own.logLevel as LogLevel,
  };
}

function sourceFrom({ proxy, own }: Documents): SourceSettings {
  if (own.manifests !== '') return { kind: 'manifests', folder: own.manifests };
  return {
    kind: 'api-server',
    kubeconfig: proxy.clientConnection.kubeconfig || undefined,
    master: own.master || undefined,
  };
}

// The API server's Node objects have the machine's name in small letters unless somebody says otherwise. A folder of
// manifests may name any nodes or none.
function nodeNameFrom(override: string, { kind }: SourceSettings, hostname: string): string | undefined {
  const named = override.trim().toLowerCase();
  if (named !== '') return named;
  return kind === 'manifests' ? undefined : hostname.trim().toLowerCase();
}

function localDetectionFrom(proxy: ProxyDocument): LocalDetection {
  switch (proxy.detectLocalMode) {
    case 'NodeCIDR':
      return { kind: 'node-cidr' };
    case 'BridgeInterface':
      return { kind: 'bridge-interface', name: proxy.detectLocal.bridgeInterface };
    case 'InterfaceNamePrefix':
      return { kind: 'interface-name-prefix', prefix: proxy.detectLocal.interfaceNamePrefix };
    default: {
      const cidrs = parseClusterCIDRs(proxy.clusterCIDR) ?? [];
      return cidrs.length === 0 ? { kind: 'none' } : { kind: 'cluster-cidrs', cidrs };
    }
  }
}

// Words such as `primary` stay as they are.
function canonical(cidrs: readonly string[]): string[] {
  return cidrs.map((cidr) => parseCidr(cidr)?.text ?? cidr);
}

/** Of kube-proxy's feature gates (KEP-5707); it is on unless it is named. */
export const EXTERNAL_IPS_GATE = 'AllowServiceExternalIPs';

function addressLimitsFrom({ proxy, own }: Documents): AddressLimitSettings {
  return {
    externalIPs: proxy.featureGates[EXTERNAL_IPS_GATE] ?? true,
    externalIPsOnNodes: own.externalIPs.nodeAddresses,
    externalRanges: canonical(own.externalIPs.allowedCIDRs),
    ingressRanges: canonical(own.loadBalancerIngress.allowedCIDRs),
    podRanges: parseClusterCIDRs(proxy.clusterCIDR) ?? [],
  };
}

function servingFrom({ proxy, own }: Documents): ServingSettings {
  return {
    health: own.serveHealth ? proxy.healthzBindAddress : undefined,
    metrics: own.serveMetrics ? proxy.metricsBindAddress : undefined,
    bindHardFail: proxy.bindAddressHardFail,
  };
}

function ipvsFrom({ proxy: { ipvs }, own }: Documents): IpvsSettings {
  return {
    timeouts: {
      tcp: durationSeconds(ipvs.tcpTimeout),
      tcpFin: durationSeconds(ipvs.tcpFinTimeout),
      udp: durationSeconds(ipvs.udpTimeout),
    },
    estimation: own.ipvs.estimation,
    estimationCpus: own.ipvs.estimationCpus || undefined,
    estimationNice: own.ipvs.estimationNice ?? undefined,
    connectionLoadFactor: own.ipvs.connectionLoadFactor ?? undefined,
    serviceLoadFactor: own.ipvs.serviceLoadFactor ?? undefined,
  };
}

function conntrackFrom(conntrack: ProxyDocument['conntrack']): ConntrackSettings {
  return {
    maxPerCore: conntrack.maxPerCore,
    min: conntrack.min,
    tcpEstablishedTimeout: durationSeconds(conntrack.tcpEstablishedTimeout),
    tcpCloseWaitTimeout: durationSeconds(conntrack.tcpCloseWaitTimeout),
    tcpBeLiberal: conntrack.tcpBeLiberal,
    udpTimeout: durationSeconds(conntrack.udpTimeout),
    udpStreamTimeout: durationSeconds(conntrack.udpStreamTimeout),
  };
}
