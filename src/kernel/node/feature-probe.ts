import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import type { KernelHandle } from '../native/addon.js';
import type { Ipv6State, KernelFeatures, Presence } from './kernel-features.js';
import { tryNftables } from './nft-probe.js';
import { trySchedulers } from './scheduler-probe.js';

/**
 * Finds out what this kernel can do. Rejects with a NetlinkError where there is no IPVS or no right to use it. Where
 * something is not built in, trying it makes the kernel load the module.
 */
export async function probeKernel(handle: KernelHandle, root = '/proc'): Promise<KernelFeatures> {
  const ipvs = await handle.ipvsInfo();
  return {
    release: release(),
    ipvs: {
      ...ipvs,
      // The file came with the tables that grow (commit 2fa7cc9c7025).
      growingTables: await isThere(`${root}/net/ip_vs_status`),
      ...(await trySchedulers(handle)),
    },
    nftables: await tryNftables(handle),
    ipv6: await ipv6State(root),
    conntrackEvents: await conntrackEvents(root),
    writableSysctls: await isWritable(`${root}/sys/net/ipv4/ip_forward`),
  };
}

export async function ipv6State(root: string): Promise<Ipv6State> {
  // With ipv6.disable=1 the file is missing; with the sysctl no device can have an address.
  const disabled = await readWord(`${root}/sys/net/ipv6/conf/all/disable_ipv6`);
  if (disabled !== '0') return 'off';
  const forwarding = await readWord(`${root}/sys/net/ipv6/conf/all/forwarding`);
  return forwarding === '1' ? 'forwarding' : 'not forwarding';
}

// 2, since 6.0, means: where somebody listens.
async function conntrackEvents(root: string): Promise<Presence> {
  const value = await readWord(`${root}/sys/net/netfilter/nf_conntrack_events`);
  if (value === undefined) return 'no';
  return value === '0' ? 'no' : 'yes';
}

async function readWord(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function isWritable(file: string): Promise<boolean> {
  return access(file, constants.W_OK).then(
    () => true,
    () => false,
  );
}
