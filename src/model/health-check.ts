/** What load balancers ask of this node about a Service with externalTrafficPolicy Local. */
export interface HealthCheckService {
  /** spec.healthCheckNodePort, 1–65535. */
  readonly port: number;
  /** Different ready endpoints on this node, over all its ports. */
  readonly localEndpoints: number;
  /** Milliseconds since 1970: where two Services claim one port, the older has it. */
  readonly created: number;
}
