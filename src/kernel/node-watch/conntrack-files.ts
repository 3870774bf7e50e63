import { readFile } from 'node:fs/promises';
import { codeOf } from '../node/sysctls.js';

/** How connection tracking stands, of the network namespace that this process is in. */
export interface ConntrackLoad {
  readonly entries: number;
  /** 0: as many as there is memory for. */
  readonly most: number;
  /** Packets that were dropped since the namespace exists because there was no room for their connection. */
  readonly dropped: number;
  /** Connections that could not be entered since the namespace exists, for want of a source port among other reasons. */
  readonly notInserted: number;
}

/** Undefined while the kernel tracks nothing. Counters are 0 where the kernel has no file for them. */
export async function readConntrackLoad(proc: string): Promise<ConntrackLoad | undefined> {
  const folder = `${proc}/sys/net/netfilter`;
  const entries = await readIfThere(`${folder}/nf_conntrack_count`);
  const most = await readIfThere(`${folder}/nf_conntrack_max`);
  if (entries === undefined || most === undefined) return undefined;
  const statistics = conntrackStatistics((await readIfThere(`${proc}/net/stat/nf_conntrack`)) ?? '');
  return {
    entries: Number(entries),
    most: Number(most),
    dropped: statistics('drop'),
    notInserted: statistics('insert_failed'),
  };
}

/**
 * A line of names, and for each processor a line of hexadecimal numbers (ct_cpu_seq_show() in
 * net/netfilter/nf_conntrack_standalone.c). Kernels have different columns.
 */
export function conntrackStatistics(text: string): (column: string) => number {
  const [names = [], ...lines] = text.split('\n').map((line) => line.trim().split(/\s+/));
  return (column) => {
    const index = names.indexOf(column);
    return lines.reduce((sum, words) => sum + (Number.parseInt(words[index] ?? '0', 16) || 0), 0);
  };
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'latin1')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
