import type { DataType, SetDeclaration } from '../../nf-tables/rule-values.js';
import { isMarkMap, type PacketSet, setName } from '../packet-sets.js';

/** `map inside-4 { type ipv4_addr . inet_proto . inet_service : mark; }` */
export function setDeclaration(set: PacketSet): SetDeclaration {
  return {
    name: setName(set),
    key: keyType(set),
    ...(isMarkMap(set) ? { value: 'mark' } : {}),
    ...(set.purpose === 'sources' ? { ranges: true } : {}),
  };
}

function keyType(set: PacketSet): DataType[] {
  const address = set.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  if ('protocol' in set) return [address, 'inet_service'];
  switch (set.purpose) {
    case 'guarded':
      return [address];
    case 'sources':
      return [address, 'inet_proto', 'inet_service', address];
    default:
      return [address, 'inet_proto', 'inet_service'];
  }
}
