import { closeSync, openSync, readSync } from 'node:fs';
import { type Address, formatAddress } from '../../model/address.js';
import { type FrontendKey, frontend } from '../../model/frontend.js';
import type { Protocol } from '../../model/protocol.js';
import { codeOf } from './node-files.js';

/** A table of sockets below /proc/net, and the state in which those that listen are (net/tcp_states.h). */
interface SocketTable {
  readonly file: string;
  readonly protocol: Protocol;
  readonly state: string;
  /**
   * Bytes at a time. Where listeners come first, no more than a row or two: behind them come connections, of which a
   * node may have a hundred thousand, in a table of which the kernel looks through every place up to the next one.
   */
  readonly portion: number;
  /** Whether nothing that listens comes behind the first that does not. */
  readonly isSorted: boolean;
}

const TABLES: readonly SocketTable[] = [
  { file: 'tcp', protocol: 'TCP', state: '0A', portion: 256, isSorted: true },
  { file: 'tcp6', protocol: 'TCP', state: '0A', portion: 256, isSorted: true },
  { file: 'udp', protocol: 'UDP', state: '07', portion: 65_536, isSorted: false },
  { file: 'udp6', protocol: 'UDP', state: '07', portion: 65_536, isSorted: false },
];

/**
 * On which addresses and ports processes of the node listen; undefined where that could not be read. Those that listen
 * on all addresses are left out: nearly every daemon does, and none of them has a VIP in mind.
 */
export function readListeners(folder: string): ReadonlySet<FrontendKey> | undefined {
  try {
    return new Set(TABLES.flatMap((table) => listenersIn(table, folder)));
  } catch {
    return undefined;
  }
}

function listenersIn(table: SocketTable, folder: string): FrontendKey[] {
  return readRows(table, folder).flatMap((row) => {
    const [, address = '', port = '', otherPort, state] = ROW.exec(row) ?? [];
    // A socket of UDP that has a peer gets nobody else's packets.
    if (state !== table.state || otherPort !== '0000' || /^0+$/.test(address)) return [];
    return frontend(addressIn(address), Number.parseInt(port, 16), table.protocol).key;
  });
}

// net/ipv4/tcp_ipv4.c get_tcp4_sock, udp.c udp4_format_sock: number: address:port other-address:other-port state …
const ROW = /^ *\d+: ([\dA-F]+):([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) ([\dA-F]{2}) /;

function readRows({ file, state, portion, isSorted }: SocketTable, folder: string): string[] {
  const descriptor = openTable(`${folder}/${file}`);
  if (descriptor === undefined) return [];
  const buffer = Buffer.alloc(portion);
  let text = '';
  try {
    for (;;) {
      const size = readSync(descriptor, buffer);
      if (size === 0) break;
      text += buffer.toString('latin1', 0, size);
      const last = ROW.exec(text.slice(text.lastIndexOf('\n', text.length - 2) + 1));
      if (isSorted && last !== null && last[4] !== state) break;
    }
  } finally {
    closeSync(descriptor);
  }
  return text.split('\n');
}

// Without IPv6 the kernel has no tables of it.
function openTable(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const MAPPED = '0000000000000000FFFF0000';

// Each four bytes are a number of this machine. A socket of IPv6 may listen on an address of IPv4 (::ffff:0:0/96).
function addressIn(digits: string): Address {
  const words = (digits.startsWith(MAPPED) ? digits.slice(MAPPED.length) : digits).match(/.{8}/g) ?? [];
  return formatAddress(new Uint8Array(Uint32Array.from(words, (word) => Number.parseInt(word, 16)).buffer));
}
