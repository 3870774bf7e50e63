/** What the choice of endpoints and schedulers needs to know of this node. */
export interface NodeSettings {
  /** This node's name as EndpointSlices spell it; undefined where there is no cluster. */
  readonly name: string | undefined;
  /** Its label topology.kubernetes.io/zone; undefined where it has none, and then no zone is preferred. */
  readonly zone: string | undefined;
  /** Scheduler of every Service that asks for none. */
  readonly scheduler: string;
}
