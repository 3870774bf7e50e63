import { execFile } from 'node:child_process';
import { release } from 'node:os';
import { promisify } from 'node:util';
import type { KernelFeatures } from './kernel-features.js';

/** Modules that make a part of the kernel work, for when the kernel did not find them by itself. */
const MODULES: Readonly<Record<KernelPart, readonly string[]>> = {
  ipvs: ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_lc', 'ip_vs_wlc', 'ip_vs_sh', 'ip_vs_mh'],
  conntrack: ['nf_conntrack', 'nf_conntrack_netlink'],
  nftables: ['nf_tables', 'nft_ct', 'nft_masq', 'nft_nat', 'nft_chain_nat', 'nft_reject_inet', 'nft_socket'],
  device: ['dummy'],
};

/** Without these nothing works; of the schedulers any will do, and others are used only where they are there. */
export const NEEDED_MODULES = [
  'ip_vs',
  'nf_conntrack',
  'nf_conntrack_netlink',
  'nf_tables',
  'nft_ct',
  'nft_masq',
  'nft_nat',
  'nft_chain_nat',
  'nft_reject_inet',
  'dummy',
] as const;

type KernelPart = 'ipvs' | 'conntrack' | 'nftables' | 'device';

const EVERY_PART: readonly KernelPart[] = ['ipvs', 'conntrack', 'nftables', 'device'];

/** Runs `modprobe MODULE`; rejects where it is refused. */
type LoadModule = (module: string) => Promise<void>;

const runProgram = promisify(execFile);

const modprobe: LoadModule = async (module) => {
  await runProgram('modprobe', [module]);
};

/**
 * Loads what can be loaded. The kernel loads modules itself when they are needed, so a refusal here means little: what
 * matters is what works afterwards, and `lackingText` tells that.
 */
export async function loadModules(load: LoadModule = modprobe): Promise<void> {
  for (const part of EVERY_PART)
    for (const module of MODULES[part]) await load(module).catch(() => undefined);
}

/** One sentence for each thing that Services need and this kernel does not have, with the packages that have it. */
export function lackingText({ ipvs, nftables }: KernelFeatures, scheduler: string): string[] {
  const lacking: string[] = [];
  if (ipvs.families.length === 0)
    lacking.push(`this kernel can make no virtual server with scheduler rr: ${remedy('ip_vs_rr')}`);
  else if (ipvs.schedulers?.includes(scheduler) === false)
    lacking.push(`this kernel has no scheduler ${scheduler}: ${remedy(`ip_vs_${scheduler}`)}`);
  for (const [feature, module] of NEEDED_OF_NFTABLES)
    if (nftables[feature] === 'no')
      lacking.push(`nftables of this kernel lacks ${feature}: ${remedy(module)}`);
  return lacking;
}

const NEEDED_OF_NFTABLES = [
  ['masquerade', 'nft_masq'],
  ['destination NAT', 'nft_nat'],
  ['original destination', 'nft_ct'],
  ['reject', 'nft_reject_inet'],
] as const;

/** Which package has the modules that small kernels leave out. */
function remedy(module: string): string {
  return (
    `module ${module} is neither loaded nor to be loaded. Run \`modprobe ${module}\` on the node; if it is missing, ` +
    `install linux-modules-extra-${release()} (Ubuntu), linux-image-amd64 instead of a cloud kernel (Debian), ` +
    'kernel-modules-extra (RHEL, Fedora), or build the kernel with it.'
  );
}
