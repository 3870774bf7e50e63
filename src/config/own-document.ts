import type * as z from 'zod/mini';
import { VIP_BINDINGS } from '../model/vip-binding.js';
import { DEFAULT_ADMIN_SOCKET, LOG_LEVELS } from './agent-settings.js';
import * as is from './field-kinds.js';

export const OWN_API_VERSION = 'kube-ipvs-proxy.io/v1alpha1';
export const OWN_KIND = 'KubeIpvsProxyConfiguration';

/**
 * What kube-proxy has no setting for, in a document of its own, so that kube-proxy's stays one that kube-proxy reads.
 */
export const OWN_SCHEMA = is.section({
  apiVersion: is.oneOf([OWN_API_VERSION], OWN_API_VERSION),
  kind: is.oneOf([OWN_KIND], OWN_KIND),
  adminSocket: is.text(DEFAULT_ADMIN_SOCKET),
  adopt: is.yesOrNo(),
  auditPeriod: is.duration(),
  drainDeadline: is.duration('15m0s'),
  externalIPs: is.section({ allowedCIDRs: is.cidrList(), nodeAddresses: is.yesOrNo() }),
  ipvs: is.section({
    estimation: is.yesOrNo(true),
    estimationCpus: is.cpuList(),
    estimationNice: is.numberOrNull(-20, 19),
    connectionLoadFactor: is.numberOrNull(-8, 8),
    serviceLoadFactor: is.numberOrNull(-8, 8),
  }),
  loadBalancerIngress: is.section({ allowedCIDRs: is.cidrList() }),
  localhostNodePorts: is.yesOrNo(),
  logLevel: is.oneOf(['', ...LOG_LEVELS], ''),
  manifests: is.text(),
  master: is.text(),
  maxFrontendsPerService: is.wholeNumber(5_000, 1, 1_000_000),
  nodePortRange: is.portRange('30000-32767'),
  perServiceMetrics: is.section({
    enabled: is.yesOrNo(true),
    maxServicePorts: is.wholeNumber(100, 0, 1_000_000),
  }),
  serveHealth: is.yesOrNo(true),
  serveMetrics: is.yesOrNo(true),
  serviceProxyName: is.text(),
  vipBinding: is.oneOf(VIP_BINDINGS, 'addresses'),
});

export type OwnDocument = z.output<typeof OWN_SCHEMA>;
