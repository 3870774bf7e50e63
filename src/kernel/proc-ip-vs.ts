import type { Activity } from '../model/activity.js';
import { type Address, formatAddress } from '../model/address.js';
import { type FrontendKey, frontend } from '../model/frontend.js';
import { PROTOCOLS } from '../model/protocol.js';
import { type RealServerKey, realServer } from '../model/real-server.js';
import { RealServerList } from '../model/real-servers.js';

/**
 * The real servers of every virtual server, from /proc/net/ip_vs. For a whole table it is some 15 times cheaper than a
 * netlink dump for each virtual server; flags and timeouts are not in it. Format: ip_vs_info_seq_show() in
 * net/netfilter/ipvs/ip_vs_ctl.c.
 */
export interface ProcVirtualServer {
  readonly realServers: RealServerList;
  readonly activity: Map<RealServerKey, Activity>;
}

export class ProcFormatError extends Error {
  override readonly name = 'ProcFormatError';
}

export interface ProcListing {
  readonly byFrontend: ReadonlyMap<FrontendKey, ProcVirtualServer>;
  /** Those keyed by firewall mark, in the kernel's order; the listing does not tell their family. */
  readonly byMark: readonly ProcMarkServer[];
}

export interface ProcMarkServer extends ProcVirtualServer {
  readonly mark: number;
}

export function parseProcIpVs(text: string): ProcListing {
  const byFrontend = new Map<FrontendKey, ProcVirtualServer>();
  const byMark: ProcMarkServer[] = [];
  let current: ProcVirtualServer | undefined;
  for (const line of text.split('\n').slice(HEADER_LINES)) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '->') addRealServer(current, words, line);
    else if (words[0] === 'FWM') {
      const server = markServer(words[1] ?? '', line);
      byMark.push(server);
      current = server;
    } else if (words.length > 1) current = addVirtualServer(byFrontend, words, line);
  }
  return { byFrontend, byMark };
}

function markServer(mark: string, line: string): ProcMarkServer {
  if (!/^[0-9A-Fa-f]{8}$/.test(mark)) throw new ProcFormatError(`/proc/net/ip_vs: no mark in '${line}'`);
  return { mark: Number.parseInt(mark, 16), realServers: new RealServerList(), activity: new Map() };
}

const HEADER_LINES = 3;

function addVirtualServer(
  servers: Map<FrontendKey, ProcVirtualServer>,
  [protocol, place]: readonly string[],
  line: string,
): ProcVirtualServer {
  const known = PROTOCOLS.find((name) => name === protocol);
  if (known === undefined) throw new ProcFormatError(`/proc/net/ip_vs: unknown protocol in '${line}'`);
  const { address, port } = parsePlace(place ?? '', line);
  const server = { realServers: new RealServerList(), activity: new Map() };
  servers.set(frontend(address, port, known).key, server);
  return server;
}

// `-> 0A000001:2490 Masq 1 0 0`: place, forwarding, weight, active, inactive.
function addRealServer(target: ProcVirtualServer | undefined, words: readonly string[], line: string): void {
  if (target === undefined) return;
  const { address, port } = parsePlace(words[1] ?? '', line);
  const [weight, active, inactive] = words.slice(3, 6).map(Number);
  if (weight === undefined || active === undefined || inactive === undefined || Number.isNaN(weight))
    throw new ProcFormatError(`/proc/net/ip_vs: no weight and connections in '${line}'`);
  const server = realServer(address, port, weight);
  target.realServers.put(server);
  target.activity.set(server.key, { active, inactive });
}

// IPv4 is eight hexadecimal digits, IPv6 the eight full groups in brackets.
function parsePlace(place: string, line: string): { address: Address; port: number } {
  const match = /^(?:([0-9A-Fa-f]{8})|\[([0-9A-Fa-f:]{39})\]):([0-9A-Fa-f]{4})$/.exec(place);
  const [, ipv4, ipv6, port] = match ?? [];
  const digits = ipv4 ?? ipv6?.replaceAll(':', '');
  if (digits === undefined || port === undefined)
    throw new ProcFormatError(`/proc/net/ip_vs: no address in '${line}'`);
  return { address: formatAddress(Buffer.from(digits, 'hex')), port: Number.parseInt(port, 16) };
}
