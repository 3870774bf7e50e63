/** The transport protocols of the Service API; IPVS balances exactly these (include/uapi/linux/in.h numbers). */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/**
 * Only TCP servers are drained: a TCP connection ends by itself, whereas a UDP or SCTP client keeps talking
 * to a server that is gone for as long as its entry lives (kubernetes/kubernetes#71514).
 */
export function drains(protocol: Protocol): boolean {
  return protocol === 'TCP';
}
