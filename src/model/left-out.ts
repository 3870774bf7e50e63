/** What an EndpointSlice says of an endpoint that decides whether it is used. */
interface EndpointConditions {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly node?: string | undefined;
  readonly zoneHints?: readonly string[] | undefined;
  readonly nodeHints?: readonly string[] | undefined;
}

/**
 * Why an endpoint that is no server here is none; undefined where nothing that is said of it tells.
 *
 * @param isElsewhere whether it is on another node than this, and the traffic policy of its Service is Local
 */
export function leftOutReason(endpoint: EndpointConditions, isElsewhere: boolean): string | undefined {
  const { ready, node, zoneHints = [], nodeHints = [] } = endpoint;
  if (!ready) return notReady(endpoint);
  if (isElsewhere) return `it is on ${node ?? 'no node'}, and the traffic policy is Local`;
  if (nodeHints.length > 0) return `for clients on ${nodeHints.join(', ')} (hints)`;
  return zoneHints.length > 0 ? `for clients in zone ${zoneHints.join(', ')} (hints)` : undefined;
}

function notReady({ terminating, serving }: EndpointConditions): string {
  if (!terminating) return 'not ready';
  return serving ? 'terminating; it would serve if none were ready' : 'terminating';
}
