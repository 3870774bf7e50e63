import type { Address } from './address.js';
import type { Protocol } from './protocol.js';

/** One VIP:port/protocol that a ServicePort shows on this node; it also identifies the virtual server behind it. */
export interface Frontend {
  readonly key: FrontendKey;
  readonly address: Address;
  /** 1–65535. */
  readonly port: number;
  readonly protocol: Protocol;
}

/** `10.96.0.1:443/TCP` or `[fd00::1]:443/TCP`: unique, and readable in logs and output. */
export type FrontendKey = string & { readonly __brand: 'FrontendKey' };

export function frontend(address: Address, port: number, protocol: Protocol): Frontend {
  return { key: `${hostPort(address, port)}/${protocol}` as FrontendKey, address, port, protocol };
}

/** The VIP that a frontend is part of. */
export function addressOf(key: FrontendKey): Address {
  return (key.startsWith('[') ? key.slice(1, key.indexOf(']')) : key.slice(0, key.indexOf(':'))) as Address;
}

/** `address:port`, with an IPv6 address in brackets. */
export function hostPort(address: Address, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
