import { FAMILIES, type Family } from '../../../model/address.js';
import type { Field, HeaderField, Rule, Statement } from '../../nf-tables/rule-values.js';
import {
  comesFromOwned,
  IS_REPLY,
  jump,
  KEEPS_DESTINATION,
  sourceAddress,
  sourcePort,
} from './rule-words.js';

// IPVS looks at replies by their addresses alone. A client that reached a pod through a Service, and reaches the pod
// itself from the same port while IPVS remembers that, would get the pod's answers with the Service's address, and
// refuse them. Conntrack knows whom the client asked. Where others translate the destination (a hostPort that leads to
// a VIP), the two differ rightly.
export const RESTORE_SOURCE: Rule = [IS_REPLY, KEEPS_DESTINATION, jump('restore-source')];

// What a Service is asked for comes from the very frontend that conntrack has noted, so the third statement ends the
// rule for it.
export function restoreSourceRules(): Rule[] {
  return FAMILIES.flatMap((family) => [
    [...comesFromOwned(family, 'TCP'), writeAddress(family), writePort(16)],
    [...comesFromOwned(family, 'UDP'), HAS_CHECKSUM, writeAddress(family), writePort(UDP_CHECKSUM.offset)],
  ]);
}

/** RFC 768. IPv4 may go without a checksum; one that is made up for the port would be wrong. */
const UDP_CHECKSUM: HeaderField = { from: 'transport header', offset: 6, length: 2 };
const HAS_CHECKSUM: Statement = {
  kind: 'compare',
  field: UDP_CHECKSUM,
  value: new Uint8Array(2),
  unlike: true,
};

const REPLY_SOURCE: Readonly<Record<Family, Field>> = {
  IPv4: { from: 'conntrack', key: 'reply ip saddr' },
  IPv6: { from: 'conntrack', key: 'reply ip6 saddr' },
};
/** RFC 791; the header of IPv6 has none. */
const ADDRESS_CHECKSUM = { IPv4: { checksumAt: 10 }, IPv6: {} } as const satisfies Record<Family, object>;

/** `ip saddr set ct reply ip saddr` */
function writeAddress(family: Family): Statement {
  return {
    kind: 'write',
    to: sourceAddress(family),
    value: REPLY_SOURCE[family],
    isInPseudoHeader: true,
    ...ADDRESS_CHECKSUM[family],
  };
}

/** `th sport set ct reply proto-src` */
function writePort(checksumAt: number): Statement {
  return { kind: 'write', to: sourcePort, value: { from: 'conntrack', key: 'reply proto-src' }, checksumAt };
}
