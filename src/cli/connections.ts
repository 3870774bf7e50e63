import type { IpvsConnection } from '../model/counters.js';
import { frontend, hostPort } from '../model/frontend.js';
import { ColumnStream } from './columns.js';
import { EXIT } from './exit.js';
import { type KernelRows, noFrontendText, openFrontends } from './frontend-source.js';
import { nameOf } from './frontend-table.js';
import { machineOutput, type OutputFormat, type RowOutput, type Write } from './output.js';

const CONNECTIONS_VERSION = 1;

export interface ConnectionsOptions {
  readonly adminSocket: string;
  readonly namespace?: string;
  readonly output: OutputFormat;
}

export interface ConnectionsParts {
  readonly kernelRows: KernelRows;
  connections(): AsyncIterable<readonly IpvsConnection[]>;
  readonly write: Write;
  readonly warn: Write;
}

/** A connection as it is shown: names first. */
interface ConnectionRow {
  /** `namespace/name:port`; null for what is not ours. */
  readonly service: string | null;
  readonly protocol: string;
  readonly client: string;
  readonly vip: string;
  readonly server: string;
  readonly state: string;
  readonly expiresSeconds: number;
}

/** `connections [SERVICE]`: the connection table of IPVS with the names of Services; no line of it is kept. */
export async function runConnections(
  name: string | undefined,
  options: ConnectionsOptions,
  parts: ConnectionsParts,
): Promise<number> {
  const names = await frontendNames(name, options, parts);
  const isAll = name === undefined && options.namespace === undefined;
  const head = { version: CONNECTIONS_VERSION, kind: 'ConnectionList', source: 'kernel' } as const;
  const out =
    (await machineOutput(options.output, head, parts.write)) ?? connectionTable(options, parts.write);
  let count = 0;
  for await (const batch of parts.connections())
    for (const connection of batch) {
      const row = rowOf(connection, names);
      if (row.service === null && !isAll) continue;
      out.add(row);
      count++;
    }
  out.end();
  if (names.size === 0 && !isAll) return EXIT.nothingFound;
  if (count === 0 && options.output === 'table') parts.warn('There is no connection.\n');
  return EXIT.good;
}

/** The names of the frontends that are asked for, by their keys. */
async function frontendNames(
  name: string | undefined,
  { adminSocket, namespace }: ConnectionsOptions,
  { kernelRows, warn }: ConnectionsParts,
): Promise<ReadonlyMap<string, string>> {
  const asked = name === undefined ? [] : [name];
  const source = await openFrontends(asked, { namespace }, adminSocket, { kernelRows, warn });
  const names = new Map<string, string>();
  for await (const row of source.rows) if (row.service !== null) names.set(row.frontend, nameOf(row));
  if (names.size === 0 && name !== undefined) warn(noFrontendText(asked, source));
  return names;
}

function rowOf(
  { protocol, client, vip, server, state, expiresSeconds }: IpvsConnection,
  names: ReadonlyMap<string, string>,
): ConnectionRow {
  const { key } = frontend(vip.address, vip.port, protocol);
  return {
    service: names.get(key) ?? null,
    protocol,
    client: hostPort(client.address, client.port),
    vip: hostPort(vip.address, vip.port),
    server: hostPort(server.address, server.port),
    state,
    expiresSeconds,
  };
}

// Without the VIP, which the Service has, a line fits into 80 columns.
function connectionTable({ output }: ConnectionsOptions, write: Write): RowOutput {
  const table = new ColumnStream(write);
  const isWide = output === 'wide';
  table.add(['SERVICE', 'CLIENT', ...(isWide ? ['VIRTUAL'] : []), 'SERVER', 'STATE', 'EXPIRE']);
  return {
    add(record) {
      const { service, client, vip, server, state, expiresSeconds, protocol } = record as ConnectionRow;
      const shown = service ?? `${vip}/${protocol}`;
      table.add([
        shown,
        client,
        ...(isWide ? [`${vip}/${protocol}`] : []),
        server,
        state,
        `${expiresSeconds}s`,
      ]);
    },
    end: () => table.end(),
  };
}
