import { type Address, familyOf, parseAddress } from '../model/address.js';

/** Where a server listens. */
interface SocketAddress {
  readonly address: Address;
  readonly port: number;
}

/** Reads `10.0.0.1:80`, `[::1]:80` and, with `port` for what is missing, an address alone. Undefined where it is none. */
export function parseSocketAddress(text: string, port: number): SocketAddress | undefined {
  const alone = parseAddress(text) ?? parseAddress(/^\[(.*)\]$/.exec(text)?.[1] ?? '');
  if (alone !== undefined) return { address: alone, port };
  const [, six, four, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? '');
  const found = Number(digits);
  if (address === undefined || (familyOf(address) === 'IPv6') !== (six !== undefined)) return undefined;
  return found >= 1 && found <= 65_535 ? { address, port: found } : undefined;
}
