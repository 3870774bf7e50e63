import type { LocalDetection } from '../model/local-detection.js';
import type { VipBinding } from '../model/vip-binding.js';

/** Every setting of the agent: type, unit and meaning. Times are seconds. Defaults: docs/configuration.md. */
export interface AgentSettings {
  readonly source: SourceSettings;
  /** This node's name as EndpointSlices spell it (`nodeName`); undefined: any endpoint may be on this node. */
  readonly nodeName: string | undefined;
  /** Serve the Services whose label service.kubernetes.io/service-proxy-name says this; undefined: those without it. */
  readonly serviceProxyName: string | undefined;
  /** Take over the virtual servers, addresses and rules that kube-proxy's IPVS mode left. */
  readonly adopt: boolean;

  /** IPVS scheduler of every Service that names none. */
  readonly scheduler: string;
  /** Virtual servers on these addresses are never adopted, whatever laid them down. Canonical CIDRs. */
  readonly excludedCIDRs: readonly string[];

  /** Masquerade every connection that comes in through a VIP. */
  readonly masqueradeAll: boolean;
  /** How traffic of this cluster's pods is distinguished from traffic from outside, which is masqueraded. */
  readonly localDetection: LocalDetection;
  readonly nodePorts: NodePortSettings;
  /** Ports that the API server gives to NodePorts, first and last: masqueraded connections leave them alone. */
  readonly nodePortRange: readonly [number, number];
  readonly addressLimits: AddressLimitSettings;
  /** A Service has no more addresses with ports than this on one node; see docs/services.md. */
  readonly maxFrontendsPerService: number;

  readonly vipBinding: VipBinding;

  /** Until a removed TCP endpoint goes although connections remain. */
  readonly drainDeadline: number;
  /** Changes are gathered for so long before a pass; 0: a pass begins at once. */
  readonly gatherTime: number;
  /** A change that is not programmed after twice this time makes the agent unhealthy. */
  readonly syncPeriod: number;
  /** Within this time everything programmed is compared with the kernel once. */
  readonly auditPeriod: number;

  readonly serving: ServingSettings;
  readonly perServiceMetrics: PerServiceMetrics;
  readonly nodeSetUp: NodeSetUpSettings;
  /** Unix socket on which `status` asks the agent. */
  readonly adminSocket: string;
  readonly logLevel: LogLevel;
}

/** Where Services and endpoints come from. */
export type SourceSettings =
  | { readonly kind: 'manifests'; readonly folder: string }
  | {
      readonly kind: 'api-server';
      /** Path; undefined: the service account of the pod. */
      readonly kubeconfig: string | undefined;
      /** URL in place of the kubeconfig's. */
      readonly master: string | undefined;
    };

/** What is set once for the whole node, beyond what IPVS needs in any case. */
interface NodeSetUpSettings {
  readonly conntrack: ConntrackSettings;
  readonly ipvs: IpvsSettings;
  /** Answer ARP for an address only on the interface that has it; false leaves the node's setting alone. */
  readonly strictArp: boolean;
  /** Of /proc/self/oom_score_adj, -1000 to 1000. */
  readonly oomScoreAdj: number;
}

/** Undefined leaves the kernel's value alone. */
export interface IpvsSettings {
  /** 0 keeps what the kernel has. The kernel counts whole seconds. */
  readonly timeouts: { readonly tcp: number; readonly tcpFin: number; readonly udp: number };
  /** Whether the kernel keeps rates for every server; without it traffic counters stand still. */
  readonly estimation: boolean;
  /** CPUs for the estimators' threads, as `0-3,8`. */
  readonly estimationCpus: string | undefined;
  /** Of these threads, -20 to 19. */
  readonly estimationNice: number | undefined;
  /** -8 to 8: how full the connection table may get before it grows. */
  readonly connectionLoadFactor: number | undefined;
  /** The same of the table of virtual servers. */
  readonly serviceLoadFactor: number | undefined;
}

/** Which addresses Services may have beside their ClusterIPs. Ranges are canonical CIDRs; an empty list allows all. */
export interface AddressLimitSettings {
  /** Whether spec.externalIPs are served at all. */
  readonly externalIPs: boolean;
  /** Whether they may be addresses of nodes. */
  readonly externalIPsOnNodes: boolean;
  readonly externalRanges: readonly string[];
  /** Of status.loadBalancer.ingress. */
  readonly ingressRanges: readonly string[];
  /** Of the cluster's pods, where that is configured: neither may be in them. */
  readonly podRanges: readonly string[];
}

interface NodePortSettings {
  /**
   * Canonical CIDRs and the words primary (the Node's InternalIPs), localhost (127.0.0.0/8, ::1) and all. A NodePort is
   * served on the addresses that any of them means. Empty: all.
   */
  readonly addresses: readonly string[];
  /** Relay 127.0.0.1 and ::1 in the agent itself, which IPVS cannot balance. */
  readonly localhostRelay: boolean;
}

export interface ServingSettings {
  /** Where /healthz and /livez answer, as `0.0.0.0:10256` or `[::]:10256`; undefined: nowhere. */
  readonly health: string | undefined;
  /** Where /metrics, /proxyMode and /configz answer; undefined: nowhere. */
  readonly metrics: string | undefined;
  /** End the agent where one of them cannot be bound; otherwise it is tried again. */
  readonly bindHardFail: boolean;
}

interface PerServiceMetrics {
  readonly enabled: boolean;
  /** Service ports beyond this number have no series of their own. */
  readonly maxServicePorts: number;
}

/** nf_conntrack. Every 0 leaves the kernel's value alone. */
export interface ConntrackSettings {
  /** nf_conntrack_max is this times the CPUs, at least `min`; where it is 0, `min` does not count either. */
  readonly maxPerCore: number;
  readonly min: number;
  readonly tcpEstablishedTimeout: number;
  readonly tcpCloseWaitTimeout: number;
  /** Let packets outside the window through instead of calling them invalid; false leaves the kernel's value alone. */
  readonly tcpBeLiberal: boolean;
  readonly udpTimeout: number;
  readonly udpStreamTimeout: number;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where agent and commands meet unless the configuration says otherwise. */
export const DEFAULT_ADMIN_SOCKET = '/run/kube-ipvs-proxy/admin.sock';
