import { type Address, formatAddress } from '../../model/address.js';
import type { TimeSlice } from '../../model/clock.js';
import type { Activity } from '../../model/counters.js';
import { type FrontendKey, frontend } from '../../model/frontend.js';
import { PROTOCOLS } from '../../model/protocol.js';
import { type RealServerKey, RealServerList, realServer } from '../../model/real-server.js';

/**
 * The real servers of every virtual server, from /proc/net/ip_vs. For a whole table it is some 15 times cheaper than a
 * netlink dump for each virtual server; flags and timeouts are not in it. Format: ip_vs_info_seq_show() in
 * net/netfilter/ipvs/ip_vs_ctl.c.
 */
interface ProcVirtualServer {
  readonly realServers: RealServerList;
  /** Of those that have connections; on a new node none has. */
  activity: ReadonlyMap<RealServerKey, Activity>;
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

/** A hundred thousand lines take a tenth of a second: `slice` says when others have their turn. */
export async function parseProcIpVs(text: string, slice: TimeSlice): Promise<ProcListing> {
  const listing = new Listing(text);
  let start = 0;
  for (let number = 0; start < text.length; number++) {
    start = number < HEADER_LINES ? endOfLine(text, start) : listing.takeLine(start);
    if (slice.over) await slice.yieldTurn();
  }
  return listing;
}

/** Where the next line begins. */
function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end + 1;
}

const HEADER_LINES = 3;
const NO_ACTIVITY: ReadonlyMap<RealServerKey, Activity> = new Map();

class Listing implements ProcListing {
  readonly byFrontend = new Map<FrontendKey, ProcVirtualServer>();
  readonly byMark: ProcMarkServer[] = [];
  readonly #text: string;
  readonly #spelled = new SpelledNumbers();
  #current: ProcVirtualServer | undefined;
  /** Of the current one, where it has any. */
  #activity: Map<RealServerKey, Activity> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Answers where the next line begins. */
  takeLine(start: number): number {
    // Ten lines of eleven are such, and may be a hundred thousand: no text is made of the whole line.
    IPV4_SERVER.lastIndex = start;
    const server = IPV4_SERVER.exec(this.#text);
    if (server !== null) {
      const [, network = '', host = '', port = '', weight = '', active = '', inactive = ''] = server;
      this.#add(this.#spelled.address(network, host), this.#spelled.port(port), weight, active, inactive);
      return IPV4_SERVER.lastIndex;
    }
    const end = endOfLine(this.#text, start);
    this.#take(this.#text.slice(start, end).trimEnd());
    return end;
  }

  #take(line: string): void {
    if (line.startsWith(ARROW)) this.#addRealServer(line);
    else if (line.startsWith('FWM ')) this.#addMark(line);
    else if (line.trim() !== '') this.#addVirtualServer(line);
  }

  #addVirtualServer(line: string): void {
    const protocol = PROTOCOLS.find((name) => line.startsWith(`${name} `));
    if (protocol === undefined) throw new ProcFormatError(`/proc/net/ip_vs: unknown protocol in '${line}'`);
    const { address, port } = placeIn(line, protocol.length);
    this.#current = { realServers: new RealServerList(), activity: NO_ACTIVITY };
    this.#activity = undefined;
    this.byFrontend.set(frontend(address, port, protocol).key, this.#current);
  }

  #addMark(line: string): void {
    const mark = /^FWM +([0-9A-Fa-f]{8}) /.exec(line)?.[1];
    if (mark === undefined) throw new ProcFormatError(`/proc/net/ip_vs: no mark in '${line}'`);
    const server = {
      mark: Number.parseInt(mark, 16),
      realServers: new RealServerList(),
      activity: NO_ACTIVITY,
    };
    this.byMark.push(server);
    this.#current = server;
    this.#activity = undefined;
  }

  // `  -> 0A000001:2490      Masq    1      0          0         `: place, forwarding, weight, active, inactive.
  #addRealServer(line: string): void {
    const { address, port, end } = placeIn(line, ARROW.length);
    const columns = COLUMNS.exec(line.slice(end));
    if (columns === null)
      throw new ProcFormatError(`/proc/net/ip_vs: no weight and connections in '${line}'`);
    const [, weight = '', active = '', inactive = ''] = columns;
    this.#add(address, port, weight, active, inactive);
  }

  // The kernel shows a virtual server with all of its servers at once, and none of them twice.
  #add(address: Address, port: number, weight: string, active: string, inactive: string): void {
    if (this.#current === undefined) return;
    const server = realServer(address, port, Number(weight));
    this.#current.realServers.append(server);
    if (active === '0' && inactive === '0') return;
    this.#activity ??= new Map();
    this.#current.activity = this.#activity;
    this.#activity.set(server.key, { active: Number(active), inactive: Number(inactive) });
  }
}

const ARROW = '  -> ';
const COLUMNS = /^ +\w+ +(\d+) +(\d+) +(\d+)\s*$/;
const IPV4_SERVER = / {2}-> ([0-9A-F]{6})([0-9A-F]{2}):([0-9A-F]{4}) +\w+ +(\d+) +(\d+) +(\d+) *(?:\n|$)/y;

/** Pods have few ports, and addresses of few networks: what is spelled the same is read once. */
class SpelledNumbers {
  readonly #networks = new Map<string, string>();
  readonly #bytes = new Map<string, string>();
  readonly #ports = new Map<string, number>();

  /** Six digits of an IPv4 address, and the last two. */
  address(network: string, host: string): Address {
    let start = this.#networks.get(network);
    if (start === undefined) {
      start = `${[0, 2, 4].map((at) => Number.parseInt(network.slice(at, at + 2), 16)).join('.')}.`;
      this.#networks.set(network, start);
    }
    let last = this.#bytes.get(host);
    if (last === undefined) {
      last = String(Number.parseInt(host, 16));
      this.#bytes.set(host, last);
    }
    return `${start}${last}` as Address;
  }

  port(digits: string): number {
    let port = this.#ports.get(digits);
    if (port === undefined) {
      port = Number.parseInt(digits, 16);
      this.#ports.set(digits, port);
    }
    return port;
  }
}

interface Place {
  readonly address: Address;
  readonly port: number;
  /** Where the text goes on. */
  readonly end: number;
}

// IPv4 is eight hexadecimal digits, IPv6 the eight full groups in brackets.
function placeIn(line: string, from: number): Place {
  let start = from;
  while (line.charCodeAt(start) === SPACE) start++;
  const isIPv6 = line[start] === '[';
  const colon = isIPv6 ? start + IPV6_LENGTH : start + IPV4_LENGTH;
  const end = colon + 5;
  const address = isIPv6 ? ipv6In(line, start + 1) : ipv4In(line, start);
  const port = line[colon] === ':' && !isDigit(line.charCodeAt(end)) ? hexIn(line, colon + 1, 4) : undefined;
  if (address === undefined || port === undefined)
    throw new ProcFormatError(`/proc/net/ip_vs: no address in '${line}'`);
  return { address, port, end };
}

const SPACE = 0x20;
const IPV4_LENGTH = 8;
const IPV6_LENGTH = 41;

function ipv4In(line: string, start: number): Address | undefined {
  const high = hexIn(line, start, 4);
  const low = hexIn(line, start + 4, 4);
  if (high === undefined || low === undefined) return undefined;
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}` as Address;
}

function ipv6In(line: string, start: number): Address | undefined {
  const text = line.slice(start, start + IPV6_LENGTH - 2);
  if (!/^(?:[0-9A-Fa-f]{4}:){7}[0-9A-Fa-f]{4}$/.test(text)) return undefined;
  return formatAddress(Buffer.from(text.replaceAll(':', ''), 'hex'));
}

/** The number that so many digits spell; undefined where one of them is none. */
function hexIn(line: string, start: number, digits: number): number | undefined {
  let value = 0;
  for (let index = start; index < start + digits; index++) {
    const digit = DIGITS[line.charCodeAt(index)] ?? -1;
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

function isDigit(code: number): boolean {
  return (DIGITS[code] ?? -1) >= 0;
}

/** The value of each hexadecimal digit by its character code, and -1 for what is none. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? -1 : value;
});
