import { readFile, writeFile } from 'node:fs/promises';
import { codeOf } from './sysctls.js';

/** The kernel's own choice, too, where it picks both (nf_conntrack_init_start()). */
const ENTRIES_PER_BUCKET = 4;

export interface BucketReport {
  readonly done: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Gives the connection tracking table the buckets that `max` entries need: raising the limit alone makes its chains long.
 * Never fewer than there are. `file`: the parameter hashsize of nf_conntrack, which can be written in the initial network
 * namespace only, and needs a writable /sys.
 */
export async function growConntrackTable(max: number, file: string): Promise<BucketReport> {
  const wanted = Math.floor(max / ENTRIES_PER_BUCKET);
  if (wanted === 0) return { done: [], warnings: [] };
  try {
    const buckets = Number((await readFile(file, 'utf8')).trim());
    if (buckets >= wanted) return { done: [], warnings: [] };
    await writeFile(file, String(wanted));
    return { done: [`gave connection tracking ${wanted} buckets instead of ${buckets}`], warnings: [] };
  } catch (error) {
    const cause = `cannot set nf_conntrack.hashsize=${wanted} (${codeOf(error)})`;
    return { done: [], warnings: [`${cause}, so looking up one of ${max} tracked connections takes longer`] };
  }
}
