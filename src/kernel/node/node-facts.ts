import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupportSource } from '../../model/support-source.js';
import { codeOf, type NodePlaces, readIfThere } from './node-files.js';

/** Folders below /proc/sys, and which of their files say something about Services. */
const SYSCTLS: readonly (readonly [folder: string, names: RegExp])[] = [
  ['net/ipv4/vs', /./],
  ['net/netfilter', /^nf_conntrack_/],
  ['net/ipv4', /^ip_(forward|local_port_range|local_reserved_ports|nonlocal_bind)$/],
  ['net/ipv6/conf/all', /^(forwarding|disable_ipv6)$/],
  ['net/bridge', /./],
  ...['all', 'default', 'kube-ipvs0'].map(
    (device) =>
      [`net/ipv4/conf/${device}`, /^(arp_ignore|arp_announce|rp_filter|route_localnet|forwarding)$/] as const,
  ),
];

const MODULES =
  /^(ip_vs|ip_set|nf_|nft_|nfnetlink|xt_|x_tables|ip_tables|ip6_tables|iptable_|ip6table_|br_netfilter|bridge|dummy)/;

/** What /proc and /sys tell of this node's kernel, as far as Services depend on it. */
export function nodeFacts({ proc, sys }: NodePlaces): SupportSource[] {
  const file = (name: string, path: string): SupportSource => ({
    name: `kernel/${name}.txt`,
    read: () => readFile(join(proc, path), 'latin1'),
  });
  return [
    file('version', 'version'),
    { name: 'kernel/modules.txt', read: () => modules(proc, sys) },
    { name: 'kernel/sysctls.txt', read: () => sysctls(proc) },
    file('conntrack', 'net/stat/nf_conntrack'),
    file('ip_vs_stats', 'net/ip_vs_stats'),
    file('devices', 'net/dev'),
    file('snmp', 'net/snmp'),
    file('memory', 'meminfo'),
    file('load', 'loadavg'),
  ];
}

/**
 * Those that Services depend on; one that is built in is none of /proc/modules, and has its parameters all the same.
 */
async function modules(proc: string, sys: string): Promise<string> {
  const lines = (await readFile(join(proc, 'modules'), 'latin1')).split('\n');
  const bits = await readIfThere(join(sys, 'module/ip_vs/parameters/conn_tab_bits'));
  const parameter = bits === undefined ? [] : [`parameter ip_vs.conn_tab_bits ${bits}`];
  return `${[...lines.filter((line) => MODULES.test(line)), ...parameter].join('\n')}\n`;
}

async function sysctls(proc: string): Promise<string> {
  const lines = await Promise.all(SYSCTLS.map(([folder, names]) => folderLines(proc, folder, names)));
  return `${lines.flat().join('\n')}\n`;
}

async function folderLines(proc: string, folder: string, names: RegExp): Promise<string[]> {
  const path = join(proc, 'sys', folder);
  const found = await readdir(path, { withFileTypes: true }).catch(() => []);
  const files = found.filter((entry) => entry.isFile() && names.test(entry.name)).map(({ name }) => name);
  return Promise.all(files.sort().map((name) => sysctlLine(join(path, name), `${folder}/${name}`)));
}

async function sysctlLine(path: string, name: string): Promise<string> {
  const said = await readIfThere(path).catch((error: unknown) => `not read (${codeOf(error)})`);
  return `${name.replaceAll('/', '.')} = ${said ?? 'gone'}`;
}
