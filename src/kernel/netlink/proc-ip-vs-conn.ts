import { open } from 'node:fs/promises';
import { type Address, formatAddress } from '../../model/address.js';
import type { IpvsConnection } from '../../model/counters.js';
import { PROTOCOLS } from '../../model/protocol.js';

const PER_BATCH = 256;

/**
 * The connection table of IPVS, line by line from /proc/net/ip_vs_conn: it may have millions. Format:
 * ip_vs_conn_seq_show() in net/netfilter/ipvs/ip_vs_conn.c. Lines that are none, such as the heading, are passed over.
 */
export async function* ipvsConnections(path = '/proc/net/ip_vs_conn'): AsyncGenerator<IpvsConnection[]> {
  const file = await open(path);
  let batch: IpvsConnection[] = [];
  try {
    for await (const line of file.readLines()) {
      const connection = connectionIn(line);
      if (connection !== undefined) batch.push(connection);
      if (batch.length < PER_BATCH) continue;
      yield batch;
      batch = [];
    }
  } finally {
    await file.close();
  }
  yield batch;
}

/**
 * `TCP C0A80001 9C40 0A600001 0050 0AF40001 1F90 ESTABLISHED     899`; addresses of IPv6 are eight groups with colons.
 */
export function connectionIn(line: string): IpvsConnection | undefined {
  const [name, from = '', fromPort, to = '', toPort, server = '', serverPort, state = '', expires] =
    line.split(/ +/);
  const protocol = PROTOCOLS.find((one) => one === name);
  const [client, vip, destination] = [addressIn(from), addressIn(to), addressIn(server)];
  if (protocol === undefined || client === undefined || vip === undefined || destination === undefined)
    return undefined;
  return {
    protocol,
    client: { address: client, port: portIn(fromPort) },
    vip: { address: vip, port: portIn(toPort) },
    server: { address: destination, port: portIn(serverPort) },
    state,
    expiresSeconds: Number(expires),
  };
}

/** An address as /proc/net/ip_vs_conn has it: `0A600001`, or eight groups with colons, with or without brackets. */
export function addressIn(text: string): Address | undefined {
  const digits = text.replaceAll(/[:[\]]/g, '');
  return /^(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})$/.test(digits)
    ? formatAddress(Buffer.from(digits, 'hex'))
    : undefined;
}

function portIn(hex = ''): number {
  return Number.parseInt(hex, 16);
}
