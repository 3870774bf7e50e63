import { access, readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { FAMILIES, type Family } from '../../model/address.js';
import { type Cidr, parsedCidrs } from '../../model/cidr.js';
import type { NodePlaces } from '../node/node-places.js';
import { readIfThere } from './conntrack-files.js';

/** A bridge over which packets of a family go from port to port without netfilter, so without connection tracking. */
export interface Bridge {
  readonly name: string;
  /** The subnets of its own addresses, of such families. */
  readonly subnets: readonly Cidr[];
}

/** What keeps packets from passing netfilter, for each family that passes it not: as the problem says it. */
export type Passing = Readonly<Record<Family, string | undefined>>;

const SYSCTLS: Readonly<Record<Family, string>> = {
  IPv4: 'bridge-nf-call-iptables',
  IPv6: 'bridge-nf-call-ip6tables',
};

/** Undefined for a family whose bridged packets do pass. */
export async function readPassing({ proc }: Pick<NodePlaces, 'proc'>): Promise<Passing> {
  const cause = async (family: Family) => {
    const value = await readIfThere(`${proc}/sys/net/bridge/${SYSCTLS[family]}`);
    if (value === undefined) return 'the module br_netfilter is not loaded';
    return value === '0' ? `net.bridge.${SYSCTLS[family]} is 0` : undefined;
  };
  return { IPv4: await cause('IPv4'), IPv6: await cause('IPv6') };
}

/** Bridges between whose ports packets could go; one with a single port has nobody to send to. */
export async function readBridges(places: NodePlaces, passing: Passing): Promise<Bridge[]> {
  const folder = `${places.sys}/class/net`;
  const bridges: Bridge[] = [];
  for (const name of await readdir(folder)) {
    if (!(await isThere(`${folder}/${name}/bridge`))) continue;
    if ((await portsOf(`${folder}/${name}`)).length < 2) continue;
    const missed = FAMILIES.filter((family) => passing[family] !== undefined);
    const subnets = subnetsOf(name).filter(({ family }) => missed.includes(family));
    if (subnets.length > 0 && !(await passesByItself(`${folder}/${name}/bridge`)))
      bridges.push({ name, subnets });
  }
  return bridges;
}

// It may have gone since it was listed.
function portsOf(device: string): Promise<string[]> {
  return readdir(`${device}/brif`).catch(() => []);
}

// A bridge may have a switch of its own, which does something only where the module is loaded; then there is the file.
async function passesByItself(folder: string): Promise<boolean> {
  const values = await Promise.all(
    ['nf_call_iptables', 'nf_call_ip6tables'].map((file) => readIfThere(`${folder}/${file}`)),
  );
  return values.every((value) => value === '1');
}

function subnetsOf(name: string): Cidr[] {
  const cidrs = (networkInterfaces()[name] ?? []).flatMap(({ cidr }) => cidr ?? []);
  // Link-local addresses are nobody's servers.
  return parsedCidrs(cidrs.filter((cidr) => !cidr.startsWith('fe80:')));
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
