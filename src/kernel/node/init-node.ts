import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, release } from 'node:os';
import type { Preparation } from '../kernel.js';
import type { Addon, IpvsTimeouts, KernelHandle } from '../native/addon.js';
import { unusable } from '../native/netlink-error.js';
import { probeKernel } from './feature-probe.js';
import type { KernelFeatures } from './kernel-features.js';
import { lackingText, loadModules } from './modules.js';
import { codeOf, NODE_PLACES, type NodePlaces } from './node-files.js';
import type { NodeSetUp } from './node-set-up.js';
import { conntrackMax, nodeSysctls, setSysctls } from './sysctls.js';

export interface NodePreparation extends Preparation {
  /** Without these, one sentence each, Services do not work as they should: `--init-only` ends with 1. */
  readonly lacking: readonly string[];
  readonly features: KernelFeatures;
}

/**
 * Everything that needs rights beyond CAP_NET_ADMIN or a writable /proc/sys, for the init container: loads modules,
 * finds out what the kernel can do, and sets the node up. Rejects with KernelUnusable where there is no IPVS to be had.
 */
export async function initNode(
  addon: Addon,
  settings: NodeSetUp,
  scheduler: string,
  places: NodePlaces = NODE_PLACES,
): Promise<NodePreparation> {
  await loadModules();
  return withHandle(addon, async (handle) => {
    const features = await probe(handle, places);
    const required = setSysctls(`${places.proc}/sys`);
    const { done, warnings } = await setUpNode(handle, settings, places);
    return {
      done: [...required.written.map((text) => `set ${text}`), ...done],
      warnings,
      lacking: [...lackingText(features, scheduler), ...required.warnings],
      features,
    };
  });
}

/** What `initNode` did, looked over again by the main container: it writes only what differs and it may write. */
export async function checkNode(
  addon: Addon,
  settings: NodeSetUp,
  places: NodePlaces = NODE_PLACES,
): Promise<Preparation & { features: KernelFeatures }> {
  return withHandle(addon, async (handle) => ({
    features: await probe(handle, places),
    ...(await setUpNode(handle, settings, places)),
  }));
}

/** The settings have changed: only what they say, since the kernel is the same as at the start. */
export function applyNodeSetUp(
  addon: Addon,
  settings: NodeSetUp,
  places: NodePlaces = NODE_PLACES,
): Promise<Preparation> {
  return withHandle(addon, (handle) => setUpNode(handle, settings, places));
}

/** The same by a handle that is there already, and for whoever asks every few seconds: nothing waits for a disk. */
export async function setUpNode(
  handle: KernelHandle,
  settings: NodeSetUp,
  { proc, sys }: NodePlaces = NODE_PLACES,
): Promise<Preparation> {
  const facts = { release: release(), processors: availableParallelism() };
  const sysctls = setSysctls(`${proc}/sys`, nodeSysctls(settings, facts));
  const reports = [
    { done: sysctls.written.map((text) => `set ${text}`), warnings: sysctls.warnings },
    await growConntrackTable(
      conntrackMax(settings.conntrack, facts.processors),
      `${sys}/module/nf_conntrack/parameters/hashsize`,
    ),
    await setIpvsTimeouts(handle, settings.ipvs.timeouts),
    await setOomScore(settings.oomScoreAdj, `${proc}/self/oom_score_adj`),
  ];
  return {
    done: reports.flatMap(({ done }) => done),
    warnings: reports.flatMap(({ warnings }) => warnings),
  };
}

/** Over netlink, so that CAP_NET_ADMIN is enough. */
export async function setIpvsTimeouts(
  handle: Pick<KernelHandle, 'ipvsTimeouts' | 'setIpvsTimeouts'>,
  wanted: IpvsTimeouts,
): Promise<Preparation> {
  const present = await handle.ipvsTimeouts();
  const names = (['tcp', 'tcpFin', 'udp'] as const).filter(
    (name) => wanted[name] > 0 && wanted[name] !== present[name],
  );
  if (names.length === 0) return { done: [], warnings: [] };
  await handle.setIpvsTimeouts(wanted);
  const texts = names.map((name) => `${name} ${wanted[name]} s instead of ${present[name]} s`);
  return { done: [`set IPVS timeouts: ${texts.join(', ')}`], warnings: [] };
}

async function probe(handle: KernelHandle, { proc }: NodePlaces): Promise<KernelFeatures> {
  try {
    return await probeKernel(handle, proc);
  } catch (error) {
    throw unusable(error);
  }
}

async function withHandle<T>(addon: Addon, work: (handle: KernelHandle) => Promise<T>): Promise<T> {
  const handle = new addon.KernelHandle({ device: '', table: '', sets: [] });
  try {
    return await work(handle);
  } finally {
    handle.close();
  }
}

/** The kernel's own choice, too, where it picks both (nf_conntrack_init_start()). */
const ENTRIES_PER_BUCKET = 4;

interface BucketReport {
  readonly done: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Gives the connection tracking table the buckets that `max` entries need: raising the limit alone makes its chains
 * long. Never fewer than there are. `file`: the parameter hashsize of nf_conntrack, which can be written in the initial
 * network namespace only, and needs a writable /sys.
 */
export async function growConntrackTable(max: number, file: string): Promise<BucketReport> {
  const wanted = Math.floor(max / ENTRIES_PER_BUCKET);
  if (wanted === 0) return { done: [], warnings: [] };
  try {
    const buckets = Number(readFileSync(file, 'latin1').trim());
    if (buckets >= wanted) return { done: [], warnings: [] };
    await writeFile(file, String(wanted));
    return { done: [`gave connection tracking ${wanted} buckets instead of ${buckets}`], warnings: [] };
  } catch (error) {
    const cause = `cannot set nf_conntrack.hashsize=${wanted} (${codeOf(error)})`;
    return { done: [], warnings: [`${cause}, so looking up one of ${max} tracked connections takes longer`] };
  }
}

const NOTHING: Preparation = { done: [], warnings: [] };

/**
 * Makes the kernel spare this process when memory runs out; `file`: its oom_score_adj. Lowering the score needs
 * CAP_SYS_RESOURCE, which the main container does not have. There the kubelet has set −997 for a node-critical pod, and
 * any negative score will do.
 */
export async function setOomScore(
  score: number | undefined,
  file: string,
  write: (file: string, text: string) => Promise<void> = writeFile,
): Promise<Preparation> {
  if (score === undefined) return NOTHING;
  const present = Number(readFileSync(file, 'latin1').trim());
  if (present === score) return NOTHING;
  try {
    await write(file, String(score));
    return { ...NOTHING, done: [`set oom_score_adj of this process to ${score}`] };
  } catch (error) {
    const text =
      `oom_score_adj of this process stays ${present} instead of ${score} (${codeOf(error)}): lowering it needs ` +
      'CAP_SYS_RESOURCE; priority class system-node-critical gives the pod -997 without it';
    return present < 0 ? { ...NOTHING, done: [text] } : { ...NOTHING, warnings: [text] };
  }
}
