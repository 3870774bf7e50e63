import { KernelUnusable } from './kernel.js';
import { NetlinkError } from './native/netlink-error.js';
import type { Refusal } from './nf-tables/send.js';

/** What a refusal of the first words to IPVS means; an error that says nothing of IPVS, as EMFILE, stays as it is. */
export function unusable(error: unknown): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const meaning = MEANINGS[error.code];
  if (meaning === undefined) return error;
  return new KernelUnusable(`${meaning.message} (${error.code}).`, meaning.remedy, { cause: error });
}

interface Meaning {
  readonly message: string;
  readonly remedy: string;
}

const NO_RIGHT: Meaning = {
  message: 'the kernel does not let this process use IPVS',
  remedy:
    'Run it as root with CAP_NET_ADMIN in the initial user namespace; a rootless container cannot have it.',
};

const MEMORY: Meaning = {
  message: 'the kernel has no memory for a netlink socket',
  remedy: 'Free memory on this node, or raise the memory limit of the pod.',
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EPERM: NO_RIGHT,
  EACCES: NO_RIGHT,
  EPROTONOSUPPORT: {
    message: 'this kernel has no IPVS: the module ip_vs is not loaded',
    remedy: 'Load it with `modprobe ip_vs`, or install the kernel package that has the module.',
  },
  ENOMEM: MEMORY,
  ENOBUFS: MEMORY,
};

/** nf_tables takes none of our rules, not even the least of them; what it said to each. */
export function rulesRefused(table: string, [refusal]: readonly Refusal[]): KernelUnusable {
  // Who may use IPVS may use nftables too, but for a table that another process has for itself (flag owner, Linux 5.12).
  const isOwned = refusal?.code === 'EPERM';
  return new KernelUnusable(
    isOwned
      ? `another process owns the nftables table inet ${table}, so that nobody else may write to it (EPERM).`
      : `nf_tables refused ${refusal?.text}`,
    isOwned
      ? `\`nft list table inet ${table}\` names it (progname): stop it there; with it the table goes, or is free to delete.`
      : 'The kernel needs nf_tables with the inet family, nft_ct, nft_masq, nft_nat and nft_reject_inet (Linux 5.10 or later).',
  );
}
