import { readFileSync } from 'node:fs';

/** Megabytes of this process. */
export interface Memory {
  readonly peak: number;
  readonly now: number;
}

/** VmHWM and VmRSS of proc_pid_status(5), in kB there. */
export function memory(): Memory {
  const status = readFileSync('/proc/self/status', 'utf8');
  return { peak: megabytes(status, 'VmHWM'), now: megabytes(status, 'VmRSS') };
}

/** After everything that is not reachable has been freed; needs node --expose-gc. */
export async function settledMemory(): Promise<Memory> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return memory();
}

function megabytes(status: string, name: string): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Math.round(Number(kilobytes ?? Number.NaN) / 102.4) / 10;
}
