import { spawnSync } from 'node:child_process';

/**
 * What a program asks of the kernel, as strace writes it: every call, and the bytes that go to the kernel by sockets.
 */
export interface Asked {
  readonly calls: number;
  readonly bytes: number;
}

/** Of the program and all that it starts; it slows it down many times, so that what is traced is not timed. */
export const STRACE = ['strace', '-f', '-s', '0'];

export function hasStrace(): boolean {
  return spawnSync('strace', ['-V']).status === 0;
}

/** What a line of strace begins with: the process, then the call or what became of one. */
const CALL = /^\d+ +([a-z_0-9]+)\(/;
const SENT = /(?:^\d+ +(?:sendto|sendmsg)\(|<\.\.\. (?:sendto|sendmsg) resumed>).* = (\d+)$/;
// The old interface of iptables and of IPVS hands over whole tables so.
const OPTION_SET = /^\d+ +setsockopt\(.*, (\d+)\) += 0$/;

export function askedIn(trace: string): Asked {
  let calls = 0;
  let bytes = 0;
  for (const line of trace.split('\n')) {
    if (CALL.test(line)) calls++;
    bytes += Number(SENT.exec(line)?.[1] ?? OPTION_SET.exec(line)?.[1] ?? 0);
  }
  return { calls, bytes };
}
