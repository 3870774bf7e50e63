import { networkInterfaces } from 'node:os';
import { type Address, parseAddress } from '../../model/address.js';

/**
 * The addresses by which others reach this node. libuv lists interfaces that are up and running, and so leaves out the
 * dummy device, which stays down.
 */
export function readNodeAddresses(): Address[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...new Set(found.flatMap(({ address, internal }) => (internal ? [] : reachable(address))))];
}

// A link-local address means nothing without its interface.
function reachable(text: string): Address[] {
  const address = parseAddress(text.split('%')[0] ?? '');
  return address === undefined || /^fe[89ab]/.test(address) || address.startsWith('127.') ? [] : [address];
}
