import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ConnectionTableFact } from '../../model/node-condition.js';
import { isAccessible } from '../node/node-files.js';

/**
 * How many buckets IPVS has for connections, and how many connections its servers have, from /proc/net/ip_vs
 * (ip_vs_info_seq_show() in net/netfilter/ipvs/ip_vs_ctl.c): to count the connections themselves would take a line for
 * each. Undefined where there is no IPVS.
 */
export async function readConnectionTable(proc: string): Promise<ConnectionTableFact | undefined> {
  const file = `${proc}/net/ip_vs`;
  if (!(await isAccessible(file))) return undefined;
  let size: number | undefined;
  let connections = 0;
  for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
    size ??= sizeIn(line);
    connections += connectionsIn(line);
  }
  if (size === undefined) throw new Error(`${file} does not say its size`);
  // The file came with the tables that grow.
  return { size, grows: await isAccessible(`${proc}/net/ip_vs_status`), connections };
}

// `IP Virtual Server version 1.2.1 (size=4096)`
function sizeIn(line: string): number | undefined {
  const [, size] = /\(size=(\d+)\)/.exec(line) ?? [];
  return size === undefined ? undefined : Number(size);
}

// `  -> 0A000001:2490      Masq    1      0          0         `: active and inactive are the last two.
function connectionsIn(line: string): number {
  const [, active, inactive] = /^ {2}-> .* (\d+) +(\d+) *$/.exec(line) ?? [];
  return Number(active ?? 0) + Number(inactive ?? 0);
}
