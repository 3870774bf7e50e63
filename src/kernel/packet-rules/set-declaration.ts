import { isMarkMap, type PacketSet, setName } from '../packet-sets.js';

/** `map inside-4 { type ipv4_addr . inet_proto . inet_service : mark; }` */
export function setDeclaration(set: PacketSet): string {
  if (isMarkMap(set)) return `  map ${setName(set)} { type ${keyType(set)} : mark; }`;
  const flags = set.purpose === 'sources' ? ' flags interval;' : '';
  return `  set ${setName(set)} { type ${keyType(set)};${flags} }`;
}

function keyType(set: PacketSet): string {
  const address = set.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  if ('protocol' in set) return `${address} . inet_service`;
  switch (set.purpose) {
    case 'guarded':
      return address;
    case 'sources':
      return `${address} . inet_proto . inet_service . ${address}`;
    default:
      return `${address} . inet_proto . inet_service`;
  }
}
