import { type Address, type Family, familyOf, parseAddress } from './address.js';
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
   * clients inside the cluster have of the same VIP:port, with other real servers than clients outside (see
   * `insideOf`).
   */
  readonly mark: number;
}

/** `10.96.0.1:443/TCP` or `[fd00::1]:443/TCP`: unique, and readable in logs and output. */
export type FrontendKey = string & { readonly __brand: 'FrontendKey' };

export function frontend(address: Address, port: number, protocol: Protocol): Frontend {
  // Joined for the same reason as the name of a Service.
  const key =
    familyOf(address) === 'IPv6'
      ? ['[', address, ']:', port, '/', protocol].join('')
      : [address, ':', port, '/', protocol].join('');
  return { key: key as FrontendKey, address, port, protocol, mark: 0 };
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
 * A view of clients inside whose frontend is not known any more, since only the ledger says what stands behind a mark.
 * Port 0 is no frontend's.
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

export function familyOfKey(key: FrontendKey): Family {
  return key.startsWith('[') ? 'IPv6' : 'IPv4';
}

/** The VIP that a frontend is part of. */
export function addressOf(key: FrontendKey): Address {
  return (
    familyOfKey(key) === 'IPv6' ? key.slice(1, key.indexOf(']')) : key.slice(0, key.indexOf(':'))
  ) as Address;
}

/** `address:port`, with an IPv6 address in brackets. */
export function hostPort(address: Address, port: number): string {
  return familyOf(address) === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

export interface AddressAndPort {
  readonly address: Address;
  /** Undefined: any. */
  readonly port: number | undefined;
}

/** `10.96.0.1`, `10.96.0.1:80`, `fd00::1`, `[fd00::1]:80`; undefined for anything else. */
export function addressAndPort(text: string): AddressAndPort | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? text);
  return address === undefined ? undefined : { address, port: port === undefined ? undefined : Number(port) };
}

/**
 * The part of all firewall marks that is reserved for inside views: a mark is one of ours where `mark & mask` is
 * `value`, and the other 22 bits tell them apart. IPVS compares all 32 bits, so nothing narrower could be promised to
 * others.
 *
 * No free bit is left (see docs/packet-flow.md): what keeps others away is the pattern. Bits 13–15 are 0, where the
 * portmap plugin, kube-proxy and kubelet have theirs; so are 8–11, one of which is set in every mark of Cilium, and 7,
 * which is that of the AWS CNI. Bit 12 is 1, which no mark of Calico or Tailscale has (both use bits 16–31 alone), and
 * so is bit 28, which no small number has that a person chose. WireGuard's 0xca6c (wg-quick) is outside for three
 * reasons.
 */
export const OWN_MARKS = { mask: 0x1000_ff80, value: 0x1000_1000 } as const;

/** How many of them there are. */
export const OWN_MARK_COUNT = 2 ** 22;

/** The mark of a number below `OWN_MARK_COUNT`: its bits at 0–6, 16–27 and 29–31. */
export function ownMark(number: number): number {
  const low = number & 0x7f;
  const middle = (number >>> 7) & 0xfff;
  const high = number >>> 19;
  return (OWN_MARKS.value | low | (middle << 16) | (high << 29)) >>> 0;
}

export function isOwnMark(mark: number): boolean {
  return (mark & OWN_MARKS.mask) >>> 0 === OWN_MARKS.value;
}
