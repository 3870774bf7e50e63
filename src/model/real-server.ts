import type { Address } from './address.js';
import { hostPort } from './frontend.js';

/** One endpoint as a virtual server sees it. Forwarding is always masquerading (NAT), as in kube-proxy. */
export interface RealServer {
  readonly key: RealServerKey;
  readonly address: Address;
  /** The target port, 1–65535. */
  readonly port: number;
  /** Share of new connections; 0 keeps the established ones and takes no new ones: the server is draining. */
  readonly weight: number;
}

/** `10.244.0.5:9376`: unique within one virtual server. */
export type RealServerKey = string & { readonly __brand: 'RealServerKey' };

export function realServer(address: Address, port: number, weight: number): RealServer {
  return { key: hostPort(address, port) as RealServerKey, address, port, weight };
}

export function withWeight(server: RealServer, weight: number): RealServer {
  return { ...server, weight };
}
