import { FAMILIES, familyOf } from '../../model/address.js';
import type { RuleFact } from '../../model/kernel-facts.js';
import type { ModuleFact, NodeCondition, RulesFact } from '../../model/node-condition.js';
import { SCHEDULERS } from '../../model/scheduler.js';
import type { Addon } from '../native/addon.js';
import { DEVICE, NetlinkKernel } from '../netlink/netlink-kernel.js';
import { decodeRuleset, nameOfFamily, type SeenChain } from '../nf-tables/ruleset-decoder.js';
import { MODULE_PLACES, type ModuleLists, type ModulePlaces, readModuleLists } from '../node/module-lists.js';
import { NEEDED_MODULES } from '../node/modules.js';
import { codeOf, isAccessible, NODE_PLACES, type NodePlaces, readIfThere } from '../node/node-files.js';
import { IPV6_FORWARDING, REQUIRED_SYSCTLS, readSysctls } from '../node/sysctls.js';
import { readBridges, readPassing } from '../node-watch/bridge-check.js';
import { readConntrackLoad } from '../node-watch/conntrack-capacity.js';
import { PLAIN_RULES } from '../packet-table/packet-rules-settings.js';
import { TABLE } from '../packet-table/packet-table.js';
import { foreignRules } from '../service-look/foreign-rules.js';
import { readConnectionTable } from './connection-table.js';
import { readLinks } from './links.js';

interface ConditionParts {
  readonly loadAddon: () => Addon;
  /** An agent answers: then IPVS and nftables are in use, wherever their code is. */
  readonly agentRuns: boolean;
  readonly places?: NodePlaces & ModulePlaces;
}

const PLACES = { ...NODE_PLACES, ...MODULE_PLACES };

/**
 * Reads without changing anything. Netlink would make the kernel load the modules that it is asked about, so it is used
 * only where they are there; everything else comes from files.
 */
export async function readNodeCondition({
  loadAddon,
  agentRuns,
  places = PLACES,
}: ConditionParts): Promise<NodeCondition> {
  const modules = await readModuleLists(places);
  const hasIpvs = await isAccessible(`${places.proc}/net/ip_vs`);
  const isInUse = agentRuns || (await isAccessible(`${places.sys}/class/net/${DEVICE}`));
  const unread: Record<string, string> = {};
  const tried = async <T>(what: keyof NodeCondition, otherwise: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      unread[what] = error instanceof Error && !('code' in error) ? error.message : codeOf(error);
      return otherwise;
    }
  };
  return {
    modules: NEEDED_MODULES.map((name) =>
      moduleFact(modules, name, isInUse || (name === 'ip_vs' && hasIpvs)),
    ),
    schedulers: SCHEDULERS.map((name) => ({ name, state: modules.stateOf(`ip_vs_${name}`) })),
    hasNetAdmin: await tried('hasNetAdmin', undefined, () => hasNetAdmin(places)),
    sysctls: await tried('sysctls', [], () =>
      readSysctls(places.proc, [...REQUIRED_SYSCTLS, IPV6_FORWARDING]),
    ),
    connectionTable: await tried('connectionTable', undefined, () => readConnectionTable(places.proc)),
    rules: await tried('rules', NO_RULES, () => readRules(loadAddon, modules, isInUse)),
    legacyTables: await tried('legacyTables', [], () => readLegacyTables(places)),
    conntrack: await tried('conntrack', undefined, () => readConntrackLoad(places.proc)),
    bridges: await tried('bridges', [], () => bypassingBridges(places)),
    links: await tried('links', [], () => readLinks(places)),
    unread,
  };
}

const NO_RULES: RulesFact = { tables: undefined, frontends: 0, found: [], families: [] };

// What is used is there, though no list shows it.
function moduleFact(modules: ModuleLists, name: string, isInUse: boolean): ModuleFact {
  const state = modules.stateOf(name);
  return { name, state: state === 'unknown' && isInUse ? 'built in' : state };
}

const NET_ADMIN = 12n;

async function hasNetAdmin({ proc }: NodePlaces): Promise<boolean | undefined> {
  const [, mask] = /^CapEff:\s*([0-9a-f]+)$/m.exec((await readIfThere(`${proc}/self/status`)) ?? '') ?? [];
  return mask === undefined ? undefined : ((BigInt(`0x${mask}`) >> NET_ADMIN) & 1n) === 1n;
}

async function readLegacyTables({ proc }: NodePlaces): Promise<string[]> {
  const lists = await Promise.all(
    (['ip', 'ip6'] as const).map(async (family) => {
      const text = (await readIfThere(`${proc}/net/${family}_tables_names`)) ?? '';
      return text.split('\n').flatMap((name) => (name === '' ? [] : `${family} ${name}`));
    }),
  );
  return lists.flat();
}

async function bypassingBridges(places: NodePlaces): Promise<NodeCondition['bridges']> {
  const passing = await readPassing(places);
  if (FAMILIES.every((family) => passing[family] === undefined)) return [];
  return (await readBridges(places, passing)).map(({ name, subnets }) => ({
    name,
    cause: [...new Set(subnets.flatMap(({ family }) => passing[family] ?? []))].join(' and '),
  }));
}

/** Every rule is gone through for each: of more frontends the rules rarely differ. */
const MOST_FRONTENDS = 256;

async function readRules(loadAddon: () => Addon, modules: ModuleLists, isInUse: boolean): Promise<RulesFact> {
  const state = modules.stateOf('nf_tables');
  if (state === 'loadable' || state === 'missing') return { ...NO_RULES, tables: [] };
  if (state === 'unknown' && !isInUse)
    throw new Error('whether nftables is loaded cannot be seen from here, and asking would load it');
  const addon = loadAddon();
  const kernel = new NetlinkKernel(addon, PLAIN_RULES);
  const handle = new addon.KernelHandle({ device: DEVICE, table: '', sets: [] });
  try {
    const chains = decodeRuleset(await handle.dumpRuleset());
    return judged(chains, await kernel.observeAddressesAndSets());
  } finally {
    handle.close();
    await kernel.close();
  }
}

function judged(
  chains: readonly SeenChain[],
  { bound, policy }: Awaited<ReturnType<NetlinkKernel['observeAddressesAndSets']>>,
): RulesFact {
  const owned = [...policy.owned.values()].map(({ frontend }) => frontend);
  const asked = owned.slice(0, MOST_FRONTENDS);
  const found = new Map<string, RuleFact>();
  for (const frontend of asked) {
    const isLocal = bound.has(frontend.address);
    const isGuarded = policy.guarded.has(frontend.address);
    for (const rule of foreignRules(chains, { frontend, isLocal, isGuarded }, undefined))
      keepFirst(found, rule);
  }
  const tables = chains
    .filter(({ table }) => table !== TABLE)
    .map(({ family, table }) => `${nameOfFamily(family)} ${table}`);
  return {
    tables: [...new Set(tables)],
    frontends: asked.length,
    found: [...found.values()],
    families: FAMILIES.filter((family) => owned.some(({ address }) => familyOf(address) === family)),
  };
}

// One that drops for certain what goes to some frontend says more.
function keepFirst(found: Map<string, RuleFact>, rule: RuleFact): void {
  const key = `${rule.family} ${rule.table} ${rule.chain} ${rule.handle ?? ''} ${rule.effect}`;
  const known = found.get(key);
  if (known === undefined || (rule.isCertain && !known.isCertain)) found.set(key, rule);
}
