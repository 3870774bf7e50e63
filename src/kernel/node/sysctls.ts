import { readFile, writeFile } from 'node:fs/promises';

export interface Sysctl {
  /** Path below /proc/sys. */
  readonly path: string;
  readonly value: string;
  /** What goes wrong unless it is set; ends the sentence "cannot set …, so". */
  readonly without: string;
}

/** What IPVS needs to behave as the Service API expects (Documentation/networking/ipvs-sysctl.rst). */
export const REQUIRED_SYSCTLS: readonly Sysctl[] = [
  {
    path: 'net/ipv4/vs/conntrack',
    value: '1',
    without: 'IPVS traffic is neither masqueraded nor refused as it should be',
  },
  {
    path: 'net/ipv4/vs/expire_nodest_conn',
    value: '1',
    without: 'connections of a removed server hang instead of ending',
  },
  {
    path: 'net/ipv4/vs/expire_quiescent_template',
    value: '1',
    without: 'session affinity holds on to a server that drains',
  },
  { path: 'net/ipv4/ip_forward', value: '1', without: 'replies of pods do not pass through this node' },
];

export interface SysctlReport {
  /** Assignments that were made, `net.ipv4.ip_forward=1`. */
  readonly written: readonly string[];
  /** What could not be read or written; the work goes on, as on nodes where /proc/sys is read-only. */
  readonly warnings: readonly string[];
}

/** `root`: `/proc/sys`. Writes only what differs: without privileges /proc/sys is read-only, and an init container has already done it. */
export async function setSysctls(
  root: string,
  sysctls: readonly Sysctl[] = REQUIRED_SYSCTLS,
): Promise<SysctlReport> {
  const written: string[] = [];
  const warnings: string[] = [];
  for (const sysctl of sysctls) {
    try {
      if (await writeIfOther(`${root}/${sysctl.path}`, sysctl.value)) written.push(assignment(sysctl));
    } catch (error) {
      warnings.push(`cannot set ${assignment(sysctl)} (${codeOf(error)}), so ${sysctl.without}`);
    }
  }
  return { written, warnings };
}

/** Whether it had to be written. */
export async function writeIfOther(file: string, value: string): Promise<boolean> {
  if ((await readFile(file, 'utf8')).trim() === value) return false;
  await writeFile(file, value);
  return true;
}

function assignment({ path, value }: Sysctl): string {
  return `${path.replaceAll('/', '.')}=${value}`;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
