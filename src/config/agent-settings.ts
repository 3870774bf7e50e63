/** Every knob of the agent: type, unit and meaning here, the default below. */
export interface AgentSettings {
  /** Folder of Service and EndpointSlice YAML to serve. */
  readonly manifests: string;
  /** This node's name as EndpointSlices spell it (`nodeName`); undefined: any endpoint may be on this node. */
  readonly nodeName: string | undefined;
  /** IPVS scheduler of every Service that names none. */
  readonly scheduler: string;
  /** Seconds until a removed TCP endpoint goes although connections remain. */
  readonly drainDeadline: number;
  /** Pod addresses of the cluster; clients outside are masqueraded. Empty: no such distinction. */
  readonly clusterCIDRs: readonly string[];
  /** Masquerade every connection that comes in through a VIP. */
  readonly masqueradeAll: boolean;
  /** Take over what kube-proxy's IPVS mode left, once, at the start. */
  readonly adopt: boolean;
  /** Unix socket on which `status` asks the agent. */
  readonly adminSocket: string;
  readonly logLevel: LogLevel;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_ADMIN_SOCKET = '/run/kube-ipvs-proxy/admin.sock';

export const DEFAULT_SETTINGS: Omit<AgentSettings, 'manifests'> = {
  nodeName: undefined,
  scheduler: 'rr',
  // IPVS itself forgets an idle TCP connection after 15 minutes (ip_vs_proto_tcp.c): nothing that lives is cut.
  drainDeadline: 900,
  clusterCIDRs: [],
  masqueradeAll: false,
  adopt: false,
  adminSocket: DEFAULT_ADMIN_SOCKET,
  logLevel: 'info',
};
