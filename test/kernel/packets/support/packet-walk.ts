import type { Host } from '../../../../lab/host.js';
import type { Address } from '../../../../src/model/address.js';
import type { Protocol } from '../../../../src/model/protocol.js';

/** Where a client sends its packet. */
export interface Destination {
  readonly address: Address;
  readonly port: number;
  /** TCP unless said. */
  readonly protocol?: Protocol;
}

/** Long enough for any answer below one kernel; what gets none is waited for that long. */
const PATIENCE = 1_500;

/**
 * Client A asks B:port. Which pod answers, and as whom does it see the client: `pod-1 sees 10.244.0.5`; or what comes
 * instead: `refused`, `timed out`.
 */
export async function walk(client: Host, { protocol = 'TCP', ...place }: Destination): Promise<string> {
  const answer = await client.ask({ ...place, protocol, patience: PATIENCE });
  return answer.kind === 'answered' ? `${answer.pod} sees ${answer.client}` : answer.kind;
}

/** The different results of several walks, sorted: what a balancer makes of one question asked again and again. */
export async function walks(client: Host, destination: Destination, times = 6): Promise<string[]> {
  const found = new Set<string>();
  for (let time = 0; time < times; time++) found.add(await walk(client, destination));
  return [...found].sort();
}
