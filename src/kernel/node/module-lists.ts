import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import type { ModuleState } from '../../model/node-condition.js';

/** Where the kernel and its modules show what they can. */
export interface ModulePlaces {
  readonly proc: string;
  /** Of this release, with `modules.dep`. Not to be seen in most containers. */
  readonly modules: string;
}

export const MODULE_PLACES: ModulePlaces = { proc: '/proc', modules: `/lib/modules/${release()}` };

/** What is known of the modules of this kernel by reading alone: asking for one would load it. */
export interface ModuleLists {
  stateOf(module: string): ModuleState;
}

export async function readModuleLists({ proc, modules }: ModulePlaces = MODULE_PLACES): Promise<ModuleLists> {
  const lists = [`${proc}/modules`, `${modules}/modules.builtin`, `${modules}/modules.dep`];
  const [loaded = '', builtIn, loadable] = await Promise.all(lists.map(textOf));
  const known = [
    ['loaded', moduleNames(loaded)],
    ['built in', moduleNames(builtIn ?? '')],
    ['loadable', moduleNames(loadable ?? '')],
  ] as const;
  const otherwise = builtIn === undefined || loadable === undefined ? 'unknown' : 'missing';
  return { stateOf: (module) => known.find(([, names]) => names.has(module))?.[0] ?? otherwise };
}

/** Each line begins with a module, as `ip_vs_mh 16384 0 …` or as `kernel/net/netfilter/ipvs/ip_vs_mh.ko.xz: …`. */
function moduleNames(text: string): ReadonlySet<string> {
  const names = text.matchAll(/^(?:\S*\/)?([\w-]+)(?:\.ko\S*)?(?=\s|$)/gm);
  return new Set([...names].map(([, name = '']) => name.replaceAll('-', '_')));
}

function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
