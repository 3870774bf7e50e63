import { createHash } from 'node:crypto';
import type { Namespace } from './namespace.js';
import type { KernelContent } from './results.js';

/** A digest of what is in the kernel: virtual and real servers, addresses, elements. */
export function digestOf(namespace: Namespace): string {
  const hash = createHash('sha256');
  const elements = [...elementsBySet(namespace)].map(([set, entries]) => `${set} ${[...entries].sort()}`);
  // Listings are in the order of hash tables.
  for (const listing of [serversIn(namespace), addressesIn(namespace), elements])
    hash.update([...listing].sort().join('\n'));
  return hash.digest('hex');
}

export function countsOf(namespace: Namespace): KernelContent {
  const servers = serversIn(namespace);
  const virtualServers = servers.filter((line) => /^(TCP|FWM) /.test(line));
  const sets = [...elementsBySet(namespace)].filter(([, entries]) => entries.length > 0);
  return {
    virtualServers: virtualServers.length,
    hashing: virtualServers.filter((line) => / mh( |$)/.test(line)).length,
    realServers: servers.filter((line) => /^ *-> [0-9A-F]/.test(line)).length,
    addresses: addressesIn(namespace).length,
    elements: Object.fromEntries(sets.map(([set, entries]) => [set, entries.length])),
  };
}

// A header of three lines; the last has words where others have addresses.
function serversIn(namespace: Namespace): string[] {
  return lines(namespace.run(['cat', '/proc/net/ip_vs']));
}

// The index and name of the device stand before its addresses.
function addressesIn(namespace: Namespace): string[] {
  const listing = namespace.run(['ip', '-4', '-oneline', 'address', 'show', 'dev', 'kube-ipvs0']);
  return lines(listing).map((line) => line.replace(/^\d+: /, ''));
}

// The layout set has a single element that is not of the content.
function elementsBySet(namespace: Namespace): Map<string, string[]> {
  const listing = namespace.run(['nft', '-j', 'list', 'table', 'inet', 'kube-ipvs-proxy']);
  const { nftables } = JSON.parse(listing) as { nftables: { set?: Listed; map?: Listed }[] };
  const sets = nftables.flatMap(({ set, map }) => set ?? map ?? []).filter(({ name }) => name !== 'layout');
  return new Map(sets.map(({ name, elem = [] }) => [name, elem.map((element) => JSON.stringify(element))]));
}

interface Listed {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

function lines(listing: string): string[] {
  return listing.split('\n').filter((line) => line !== '');
}
