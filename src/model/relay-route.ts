import type { Address } from './address.js';
import { hostPort } from './frontend.js';
import type { ServiceKey } from './service-key.js';

/**
 * One NodePort on a loopback address, which IPVS cannot balance, and where its connections go (KEP-6032). TCP alone.
 */
export interface RelayRoute {
  readonly service: ServiceKey;
  /** Where clients of this node connect to: 127.0.0.1 or ::1. */
  readonly loopback: Address;
  /** 1–65535. */
  readonly nodePort: number;
  /** The Service's ClusterIP: of the family of the loopback address where it has one, else of the other. */
  readonly address: Address;
  readonly port: number;
}

/** `127.0.0.1:30080`. */
export type RelayKey = string & { readonly __brand: 'RelayKey' };

export function relayKey({ loopback, nodePort }: RelayRoute): RelayKey {
  return hostPort(loopback, nodePort) as RelayKey;
}
