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
  return new KeyedServer(address, port, weight);
}

export function withWeight({ address, port }: RealServer, weight: number): RealServer {
  return new KeyedServer(address, port, weight);
}

// A node may know 100,000 of them: with its key spelled out, each would take twice the memory.
class KeyedServer implements RealServer {
  readonly address: Address;
  readonly port: number;
  readonly weight: number;

  constructor(address: Address, port: number, weight: number) {
    this.address = address;
    this.port = port;
    this.weight = weight;
  }

  get key(): RealServerKey {
    return hostPort(this.address, this.port) as RealServerKey;
  }
}
