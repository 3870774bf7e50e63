import type { RealServer, RealServerKey } from '../../src/model/real-server.js';

/** The keys in the order of the servers. */
export function serverKeys(servers: Iterable<RealServer>): RealServerKey[] {
  return [...servers].map(({ key }) => key);
}
