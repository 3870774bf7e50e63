import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { FAMILIES } from '../model/address.js';
import { SCHEDULERS } from '../model/scheduler.js';
import { ipv6State } from './node/feature-probe.js';
import type { IpvsFeatures, KernelFeatures } from './node/kernel-features.js';

/** As far as it decides what is desired of a node. */
export interface KernelPreview extends Pick<KernelFeatures, 'ipv6'> {
  readonly ipvs: Pick<IpvsFeatures, 'families' | 'schedulers'>;
}

/** Where the kernel and its modules tell of themselves. */
export interface PreviewPlaces {
  readonly proc: string;
  /** Of this release, with `modules.dep`. Not to be seen in most containers. */
  readonly modules: string;
}

const PLACES: PreviewPlaces = { proc: '/proc', modules: `/lib/modules/${release()}` };

/**
 * What this kernel can do, by reading alone: `plan` changes nothing, and to try a scheduler would load its module. What
 * nobody can know that way counts as what nearly every kernel has.
 */
export async function previewKernel({ proc, modules }: PreviewPlaces = PLACES): Promise<KernelPreview> {
  const lists = [`${proc}/modules`, `${modules}/modules.builtin`, `${modules}/modules.dep`];
  const [loaded = '', builtIn, loadable] = await Promise.all(lists.map(textOf));
  const known = builtIn !== undefined && loadable !== undefined;
  const names = known ? moduleNames([loaded, builtIn, loadable].join('\n')) : new Set();
  return {
    ipv6: await ipv6State(proc),
    ipvs: {
      families: FAMILIES,
      schedulers: SCHEDULERS.filter((scheduler) => !known || names.has(`ip_vs_${scheduler}`)),
    },
  };
}

/** Each line begins with a module, as `ip_vs_mh 16384 0 …` or as `kernel/net/netfilter/ipvs/ip_vs_mh.ko.xz: …`. */
function moduleNames(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/^(?:\S*\/)?(ip_vs_\w+)(?:\.ko\S*)?(?=\s|$)/gm)].map(([, name = '']) => name),
  );
}

function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
