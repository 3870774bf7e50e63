import { stringify } from 'yaml';
import { type Address, familyOf } from '../model/address.js';
import { durationSeconds } from '../model/duration.js';
import { hostPort } from '../model/frontend.js';
import type { LogLevel } from './agent-settings.js';
import type { OwnDocument } from './own-document.js';
import type { ProxyDocument } from './proxy-document.js';
import { parseSocketAddress } from './value-syntax.js';

/** The two documents with every field present and every default in its place: what `--write-config-to` writes. */
export interface Documents {
  readonly proxy: ProxyDocument;
  readonly own: OwnDocument;
}

/**
 * As soon as kube-proxy puts a deleted virtual server back; the audit takes longer by itself where there is more to
 * read.
 */
const AUDIT_PERIOD = '30s';

/**
 * Puts kube-proxy's defaults in the place of zero values (pkg/proxy/apis/config/v1alpha1/defaults.go) and derives ours.
 * Complete documents stay as they are.
 */
export function completed({ proxy, own }: Documents): Documents {
  return {
    proxy: completedProxy(proxy),
    own: {
      ...own,
      auditPeriod: unlessZero(own.auditPeriod, unlessZero(proxy.ipvs.syncPeriod, AUDIT_PERIOD)),
      logLevel: own.logLevel === '' ? levelOf(proxy.logging.verbosity) : own.logLevel,
    },
  };
}

function completedProxy(proxy: ProxyDocument): ProxyDocument {
  const { clientConnection, iptables, nftables, ipvs } = proxy;
  const bindAddress = proxy.bindAddress || '0.0.0.0';
  const [every, loopback] =
    familyOf(bindAddress as Address) === 'IPv6' ? ['[::]', '[::1]'] : ['0.0.0.0', '127.0.0.1'];
  return {
    ...proxy,
    mode: 'ipvs',
    bindAddress,
    healthzBindAddress: withPort(proxy.healthzBindAddress || every, 10_256),
    metricsBindAddress: withPort(proxy.metricsBindAddress || loopback, 10_249),
    clientConnection: {
      ...clientConnection,
      contentType: clientConnection.contentType || 'application/vnd.kubernetes.protobuf',
      qps: clientConnection.qps || 5,
      burst: clientConnection.burst || 10,
    },
    logging: {
      ...proxy.logging,
      format: proxy.logging.format || 'json',
      flushFrequency: flushFrequency(proxy.logging.flushFrequency),
    },
    iptables: otherModePeriods(iptables),
    nftables: otherModePeriods(nftables),
    ipvs: {
      ...ipvs,
      syncPeriod: unlessZero(ipvs.syncPeriod, '30s'),
      scheduler: ipvs.scheduler || 'rr',
    },
    detectLocalMode: proxy.detectLocalMode || 'ClusterCIDR',
    configSyncPeriod: unlessZero(proxy.configSyncPeriod, '15m0s'),
  };
}

function otherModePeriods<T extends { readonly syncPeriod: string; readonly minSyncPeriod: string }>(
  section: T,
): T {
  return {
    ...section,
    syncPeriod: unlessZero(section.syncPeriod, '30s'),
    minSyncPeriod: unlessZero(section.minSyncPeriod, '1s'),
  };
}

// Nanoseconds where it is a number. Configurations that kube-proxy wrote have the default in either spelling.
function flushFrequency(value: string | number): string {
  const text = typeof value === 'number' ? `${value}ns` : value;
  return [0, 5].includes(durationSeconds(text)) ? '5s' : text;
}

/** The log level that klog's verbosity stands for: 4 is klog's word for debugging, 8 for everything. */
function levelOf(verbosity: number): LogLevel {
  if (verbosity >= 8) return 'trace';
  return verbosity >= 4 ? 'debug' : 'info';
}

function unlessZero(text: string, fallback: string): string {
  return durationSeconds(text) === 0 ? fallback : text;
}

function withPort(text: string, port: number): string {
  const parsed = parseSocketAddress(text, port);
  return parsed === undefined ? text : hostPort(parsed.address, parsed.port);
}

/** The file for `--write-config-to`: both documents, every field and every default. Read back it means the same. */
export function writtenDocuments({ proxy, own }: Documents): string {
  return [readableByAll(proxy), own].map((document) => stringify(document)).join('---\n');
}

// Two fields that only some releases of kube-proxy know, left out where they say nothing.
function readableByAll(proxy: Documents['proxy']): object {
  const { udpIdleTimeout, iptables } = proxy;
  return {
    ...proxy,
    iptables: { ...iptables, snatNodeInternalIP: iptables.snatNodeInternalIP || undefined },
    udpIdleTimeout: udpIdleTimeout === '0s' ? undefined : udpIdleTimeout,
  };
}
