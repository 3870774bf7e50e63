import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Namespace } from '../../../lab/namespace.js';
import { IN_FULL_KERNEL } from '../packets/support/kernel-test.js';

/** A program that has rules of its own on the node, by what it lays down. */
export interface Neighbour {
  readonly name: string;
  lay(node: Namespace): Promise<unknown>;
}

/** Runs the nft of another release of Debian, by its own libc; scripts/fetch-nft puts it there. */
export function nftOfDebian(release: 11 | 13): string {
  const { KUBE_IPVS_PROXY_CACHE: own, XDG_CACHE_HOME: caches = join(homedir(), '.cache') } = process.env;
  return join(own ?? join(caches, 'kube-ipvs-proxy'), 'nft', String(release), 'nft');
}

function recorded(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}

/** Its default zone, with what lets Services pass; record-firewalld wrote the file. */
const FIREWALLD: Neighbour = {
  name: 'firewalld',
  lay: async (node) => node.run(['nft', '-f', '-'], await recorded('firewalld.nft')),
};

/** What docs/packet-flow.md tells the owner of a node to add where Docker's policy of FORWARD is DROP. */
const LET_REPLIES_PASS = 'FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';

/** One container with a published port; record-docker wrote the files. */
const DOCKER: Neighbour = {
  name: 'Docker',
  lay: async (node) => {
    for (const program of ['iptables', 'ip6tables']) {
      await node.run([`${program}-nft-restore`, '--noflush'], await recorded(`docker.${program}`));
      await node.run([`${program}-nft`, '-I', ...LET_REPLIES_PASS.split(' ')]);
    }
  },
};

const ISTIO: Neighbour = {
  name: 'tables like those of Istio',
  lay: async (node) => node.run(['nft', '-f', '-'], await recorded('istio.nft')),
};

/** Sets that libnftables 1.0.6 to 1.1.1 cannot read: they dereference null for what nft 1.1.2 and later write. */
export const NEWER_SETS: Neighbour = {
  name: 'sets by nft 1.1.3',
  lay: async (node) => node.run([nftOfDebian(13), '-f', '-'], await recorded('foreign-sets.nft')),
};

/** Together, as a node has them; the small user-mode kernel lacks the extensions of iptables that Docker uses. */
export const FIREWALLS = [FIREWALLD, ISTIO, ...(IN_FULL_KERNEL ? [DOCKER] : [])];

/** All of them. */
export const NEIGHBOURS = [...FIREWALLS, NEWER_SETS];

const OURS = 'kube-ipvs-proxy';

/** Every table of others, as nft 1.1.3 lists it, without counters. */
export async function foreignTables(node: Namespace): Promise<string> {
  const nft = nftOfDebian(13);
  const tables = (await node.run([nft, 'list', 'tables'])).trim().split('\n');
  const foreign = tables.filter((line) => line !== '' && !line.includes(OURS));
  const texts = foreign.map((line) => node.run([nft, '-s', 'list', ...line.split(' ')]));
  return (await Promise.all(texts)).join('\n');
}
