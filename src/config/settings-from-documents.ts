import { parseAddress } from '../model/address.js';
import type {
  AgentSettings,
  ConntrackSettings,
  LocalDetection,
  LogLevel,
  NodePortAddresses,
  ServingSettings,
  SourceSettings,
} from './agent-settings.js';
import { parseCIDR, parseClusterCIDRs } from './cidr.js';
import type { Documents } from './completed-documents.js';
import { durationSeconds } from './duration.js';
import { NODE_PORT_WORDS } from './field-kinds.js';
import type { ProxyDocument } from './proxy-document.js';
import { parseSocketAddress } from './socket-address.js';

/** What complete documents mean for the agent; `hostname` is the machine's own name. */
export function settingsFrom({ proxy, own }: Documents, hostname: string): AgentSettings {
  const { ipvs } = proxy;
  const source = sourceFrom({ proxy, own });
  return {
    source,
    nodeName: nodeNameFrom(proxy.hostnameOverride, source, hostname),
    nodeAddress: concreteAddress(proxy.bindAddress),
    serviceProxyName: own.serviceProxyName || undefined,
    adopt: own.adopt,
    scheduler: ipvs.scheduler,
    ipvsTimeouts: {
      tcp: durationSeconds(ipvs.tcpTimeout),
      tcpFin: durationSeconds(ipvs.tcpFinTimeout),
      udp: durationSeconds(ipvs.udpTimeout),
    },
    excludedCIDRs: ipvs.excludeCIDRs.map((cidr) => parseCIDR(cidr) ?? cidr),
    strictARP: ipvs.strictARP,
    masqueradeAll: proxy.iptables.masqueradeAll,
    localDetection: localDetectionFrom(proxy),
    nodePorts: {
      addresses: nodePortAddressesFrom(proxy.nodePortAddresses),
      localhostRelay: own.localhostNodePorts,
    },
    drainDeadline: durationSeconds(own.drainDeadline),
    gatherTime: durationSeconds(ipvs.minSyncPeriod),
    syncPeriod: durationSeconds(ipvs.syncPeriod),
    auditPeriod: durationSeconds(own.auditPeriod),
    serving: servingFrom({ proxy, own }),
    perServiceMetrics: own.perServiceMetrics,
    oomScoreAdj: proxy.oomScoreAdj,
    conntrack: conntrackFrom(proxy.conntrack),
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

// The unspecified address asks for a family, not for an address.
function concreteAddress(text: string): AgentSettings['nodeAddress'] {
  const address = parseAddress(text);
  return address === '0.0.0.0' || address === '::' ? undefined : address;
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

function nodePortAddressesFrom(list: readonly string[]): readonly NodePortAddresses[] {
  if (list.length === 0) return [{ kind: 'all' }];
  return list.map((text) => {
    const word = NODE_PORT_WORDS.find((known) => known === text);
    return word === undefined ? { kind: 'cidr', cidr: parseCIDR(text) ?? text } : { kind: word };
  });
}

function servingFrom({ proxy, own }: Documents): ServingSettings {
  return {
    health: own.serveHealth ? parseSocketAddress(proxy.healthzBindAddress, 10_256) : undefined,
    metrics: own.serveMetrics ? parseSocketAddress(proxy.metricsBindAddress, 10_249) : undefined,
    bindHardFail: proxy.bindAddressHardFail,
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
