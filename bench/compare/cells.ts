import type { VipBinding } from '../../src/model/vip-binding.js';

/** One run of one mode at one size, in a namespace of its own. */
export interface Cell {
  readonly mode: ModeName;
  readonly services: number;
  readonly endpoints: number;
  /** Counted from 1. */
  readonly round: number;
}

export const MODES = {
  ipvs: { title: 'IPVS: kube-ipvs-proxy', what: 'the agent' },
  'ipvs-floor': {
    title: 'IPVS: a C program that decides nothing',
    what: 'the same virtual servers, real servers and addresses: what the kernel takes for them whoever asks',
  },
  'ipvs-routes': {
    title: 'IPVS: kube-ipvs-proxy, VIPs as routes',
    what: 'the agent with vipBinding: routes, as large clusters should have it',
  },
  'ipvs-floor-routes': {
    title: 'IPVS: a C program that decides nothing, VIPs as routes',
    what: 'the same as ipvs-floor, but VIPs are local routes',
  },
  'ipvs-again': { title: 'IPVS: kube-ipvs-proxy, once more', what: 'the null experiment: the same as ipvs' },
  iptables: {
    title: "iptables: kube-proxy's rules",
    what: 'one `iptables-legacy-restore --noflush`; minimal restores for changes, as kube-proxy since 1.27',
  },
  'iptables-again': {
    title: "iptables: kube-proxy's rules, once more",
    what: 'the null experiment: the same as iptables',
  },
  'iptables-nft': {
    title: "iptables-nft: kube-proxy's rules",
    what: 'the same by `iptables-nft-restore --noflush`, to 10,000 endpoints: beyond, it takes hours',
  },
  'iptables-by-rule': {
    title: 'iptables: one command for each rule',
    what: 'the same rules by one iptables command each, as kube-proxy never did; small sizes only',
  },
  'nftables-1.36': {
    title: 'nftables: kube-proxy 1.36',
    what: 'one `nft -f -`: a verdict map of VIPs, a chain and a map for each Service',
  },
  'nftables-1.37': {
    title: 'nftables: kube-proxy 1.37',
    what: 'the same, without a map for a Service of a single endpoint',
  },
  'kube-proxy-ipvs': { title: 'kube-proxy itself, IPVS', what: 'the binary of --kube-proxy' },
  'kube-proxy-iptables': { title: 'kube-proxy itself, iptables', what: 'the binary of --kube-proxy' },
  'kube-proxy-nftables': { title: 'kube-proxy itself, nftables', what: 'the binary of --kube-proxy' },
} as const;

export type ModeName = keyof typeof MODES;

export const MODE_NAMES = Object.keys(MODES) as ModeName[];

/** Whether it is a mode of a binary that was given. */
export function isKubeProxy(mode: ModeName): boolean {
  return mode.startsWith('kube-proxy-');
}

/** Whether it is the C program that decides nothing. */
export function isFloor(mode: ModeName): boolean {
  return mode === 'ipvs-floor' || mode === 'ipvs-floor-routes';
}

export function vipBindingOf(mode: ModeName): VipBinding {
  return mode === 'ipvs-routes' || mode === 'ipvs-floor-routes' ? 'routes' : 'addresses';
}

/** Whether a mode only programs once, from nothing: it has no changes, no restart and no behaviour of its own. */
export function onlyPrograms(mode: ModeName): boolean {
  return mode === 'iptables-by-rule' || isFloor(mode);
}

/** Whether all is done by tools that end, rather than by a process that stays. */
export function endsOnceDone(mode: ModeName): boolean {
  return mode.startsWith('iptables') || mode.startsWith('nftables');
}

export interface Size {
  readonly services: number;
  readonly endpoints: number;
}

/** What a kernel is warmed up with. */
export const LEAST: Size = { services: 1, endpoints: 1 };

export interface Plan {
  readonly modes: readonly ModeName[];
  readonly sizes: readonly Size[];
  readonly rounds: number;
  /** The size at which the modes that are called "again" take part. */
  readonly nullSize: Size;
}

/** More endpoints than this would take hours. */
const BY_RULE_LIMIT = 100;
const IPTABLES_NFT_LIMIT = 10_000;

/**
 * Every cell of the plan. The rounds come one after another, so that what is there when a run is broken off is
 * complete; within one the modes take turns at each size, beginning with another one in every round.
 */
export function cellsOf({ modes, sizes, rounds, nullSize }: Plan): Cell[] {
  const cells: Cell[] = [];
  for (let round = 1; round <= rounds; round++)
    for (const size of sizes)
      for (const mode of rotated(modes, round - 1))
        if (takesPart(mode, size, nullSize)) cells.push({ mode, ...size, round });
  return cells;
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

function takesPart(mode: ModeName, size: Size, nullSize: Size): boolean {
  const { services, endpoints } = size;
  if (mode === 'iptables-by-rule') return services * endpoints <= BY_RULE_LIMIT;
  if (mode === 'iptables-nft') return services * endpoints <= IPTABLES_NFT_LIMIT;
  // With more endpoints the text is that of 1.36, letter by letter.
  if (mode === 'nftables-1.37') return endpoints === 1;
  if (mode.endsWith('-again')) return services === nullSize.services && endpoints === nullSize.endpoints;
  return true;
}

export function sizeName({ services, endpoints }: Size): string {
  return `${services}x${endpoints}`;
}

/** The name of a cell's file. */
export function cellName(cell: Cell): string {
  return `${cell.mode}-${sizeName(cell)}-${cell.round}`;
}
