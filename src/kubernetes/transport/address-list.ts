import { type BlockList, isIP } from 'node:net';

/** Answers false, and adds nothing, where `subnet` is none. */
export function addSubnet(list: BlockList, subnet: string): boolean {
  const [network = '', length = ''] = subnet.split('/');
  const version = isIP(network);
  if (version === 0 || !/^\d{1,3}$/.test(length) || Number(length) > (version === 4 ? 32 : 128)) return false;
  list.addSubnet(network, Number(length), family(network));
  return true;
}

/** Answers false, and adds nothing, where `address` is none. */
export function addAddress(list: BlockList, address: string): boolean {
  if (isIP(address) === 0) return false;
  list.addAddress(address, family(address));
  return true;
}

export function isListed(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, family(address));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
