import { type Address, type Family, familyOf } from './address.js';
import type { Protocol } from './protocol.js';

/** One VIP:port/protocol that a ServicePort shows on this node; it also identifies the virtual server behind it. */
export interface Frontend {
  readonly key: FrontendKey;
  readonly address: Address;
  /** 1–65535. */
  readonly port: number;
  readonly protocol: Protocol;
  /**
   * 0: the virtual server is keyed by the address. Otherwise by this firewall mark (1–0xffffffff): it is the view that
   * clients inside the cluster have of the same VIP:port, with other real servers than clients outside (see `insideOf`).
   */
  readonly mark: number;
}

/** `10.96.0.1:443/TCP` or `[fd00::1]:443/TCP`: unique, and readable in logs and output. */
export type FrontendKey = string & { readonly __brand: 'FrontendKey' };

export function frontend(address: Address, port: number, protocol: Protocol): Frontend {
  return { key: `${hostPort(address, port)}/${protocol}` as FrontendKey, address, port, protocol, mark: 0 };
}

/** What clients inside the cluster see of a frontend, `10.0.0.1:80/TCP+inside`. */
export function insideOf({ key, address, port, protocol }: Frontend, mark: number): Frontend {
  return { key: insideKey(key), address, port, protocol, mark };
}

const INSIDE = '+inside';

/** The key of the inside view of a frontend. */
export function insideKey(outside: FrontendKey): FrontendKey {
  return `${outside}${INSIDE}` as FrontendKey;
}

export function isInsideKey(key: FrontendKey): boolean {
  return key.endsWith(INSIDE);
}

/** The key of the frontend that a view is of; that of a frontend itself. */
export function outsideKey(key: FrontendKey): FrontendKey {
  return (isInsideKey(key) ? key.slice(0, -INSIDE.length) : key) as FrontendKey;
}

/**
 * A view of clients inside whose frontend nobody knows any more, since only the ledger says what stands behind a mark. Port 0
 * is no frontend's.
 */
export function nameless(family: Family, mark: number): Frontend {
  const address = (family === 'IPv4' ? '0.0.0.0' : '::') as Address;
  const key = `${hostPort(address, 0)}+inside-${mark.toString(16)}` as FrontendKey;
  return { key, address, port: 0, protocol: 'TCP', mark };
}

export function isNameless({ mark, port }: Frontend): boolean {
  return mark !== 0 && port === 0;
}

/** IPVS tells clients apart by a mark on their packets only. */
export function isInside({ mark }: Frontend): boolean {
  return mark !== 0;
}

/** The VIP that a frontend is part of. */
export function addressOf(key: FrontendKey): Address {
  return (key.startsWith('[') ? key.slice(1, key.indexOf(']')) : key.slice(0, key.indexOf(':'))) as Address;
}

/** `address:port`, with an IPv6 address in brackets. */
export function hostPort(address: Address, port: number): string {
  return familyOf(address) === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
