import { type Address, parseAddress } from '../model/address.js';
import type { Field } from './field.js';

const EXPECTED =
  'an IPv4 address without leading zeros (10.0.0.1) or an IPv6 address that is not IPv4-mapped (fd00::1)';

/** The address in canonical form; undefined with a complaint where it is none, or one that nothing can be sent to. */
export function readAddress(field: Field, so: string): Address | undefined {
  const { value } = field;
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  if (address === undefined) {
    field.complain({ expected: EXPECTED, so, remedy: 'Correct the address.' });
    return undefined;
  }
  const special = specialKind(address);
  if (special === undefined) return address;
  field.report(`is ${address}, ${special}; ${so}.`, 'Use an address that packets can be routed to.');
  return undefined;
}

// As VIP or endpoint each of these would reach the node itself, all nodes of a link, or nobody; the API server
// refuses them too, among other things to keep Services away from the metadata server at 169.254.169.254.
// That there is one text for each address makes patterns enough.
const SPECIAL: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'the unspecified address', pattern: /^(?:0\.0\.0\.0|::)$/ },
  { what: 'a loopback address', pattern: /^(?:127\.|::1$)/ },
  { what: 'a link-local address', pattern: /^(?:169\.254\.|fe[89ab][0-9a-f]:)/ },
  { what: 'a multicast address', pattern: /^(?:2(?:2[4-9]|3[0-9])\.|ff[0-9a-f]{2}:)/ },
  { what: 'the broadcast address', pattern: /^255\.255\.255\.255$/ },
];

/** What is special about an address that can be neither VIP nor endpoint; undefined for all others. */
function specialKind(address: Address): string | undefined {
  return SPECIAL.find(({ pattern }) => pattern.test(address))?.what;
}
