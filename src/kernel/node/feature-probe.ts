import { constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { FAMILIES } from '../../model/address.js';
import { SCHEDULERS } from '../../model/scheduler.js';
import type { KernelHandle } from '../native/addon.js';
import type { Ipv6State, IpvsFeatures, KernelFeatures, Presence } from './kernel-features.js';
import { MODULE_PLACES, type ModulePlaces, readModuleLists } from './module-lists.js';
import { tryNftables } from './nft-probe.js';
import { isAccessible } from './node-files.js';
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
      growingTables: await isAccessible(`${root}/net/ip_vs_status`),
      ...(await trySchedulers(handle)),
    },
    nftables: await tryNftables(handle),
    ipv6: await ipv6State(root),
    conntrackEvents: await conntrackEvents(root),
    writableSysctls: await isAccessible(`${root}/sys/net/ipv4/ip_forward`, constants.W_OK),
  };
}

async function ipv6State(root: string): Promise<Ipv6State> {
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

/** As far as it decides what is desired of a node. */
export interface KernelPreview extends Pick<KernelFeatures, 'ipv6'> {
  readonly ipvs: Pick<IpvsFeatures, 'families' | 'schedulers'>;
}

/**
 * What this kernel can do, by reading alone: `plan` changes nothing, and to try a scheduler would load its module. What
 * nobody can know that way counts as what nearly every kernel has.
 */
export async function previewKernel(places: ModulePlaces = MODULE_PLACES): Promise<KernelPreview> {
  const modules = await readModuleLists(places);
  return {
    ipv6: await ipv6State(places.proc),
    ipvs: {
      families: FAMILIES,
      schedulers: SCHEDULERS.filter((scheduler) => modules.stateOf(`ip_vs_${scheduler}`) !== 'missing'),
    },
  };
}
