import { type Address, parseAddress } from '../model/address.js';
import { parseCidr } from '../model/cidr.js';
import { PROTOCOLS, type Protocol } from '../model/protocol.js';
import type { Field } from './field.js';
import { allowedName, DNS_LABEL } from './names.js';

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

/** `10.244.0.0/24` in canonical form; undefined with a complaint where it is no CIDR. */
export function readCIDR(field: Field): string | undefined {
  const cidr = typeof field.value === 'string' ? parseCidr(field.value) : undefined;
  if (cidr === undefined)
    field.complain({
      expected: 'a CIDR such as 10.244.0.0/24',
      so: 'it is left out',
      remedy: 'Correct the range.',
    });
  return cidr?.text;
}

/** The fields that the ports of Services and of EndpointSlices share; undefined with a complaint where one is bad. */

const so = 'the port is left out';

export function readPortNumber(field: Field, instead: string = so): number | undefined {
  const { value } = field;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  const remedy = typeof value === 'string' ? 'Write a number without quotes.' : 'Correct the number.';
  field.complain({ expected: 'a whole number from 1 to 65535', so: instead, remedy });
  return undefined;
}

export function readProtocol(field: Field): Protocol | undefined {
  if (field.absent) return 'TCP';
  const protocol = PROTOCOLS.find((known) => known === field.value);
  if (protocol !== undefined) return protocol;
  field.complain({ expected: 'TCP, UDP or SCTP', so, remedy: 'Write one of the three, in capitals.' });
  return undefined;
}

export function readPortName(field: Field): string | undefined {
  if (field.absent || field.value === '') return '';
  if (allowedName(field.value, DNS_LABEL)) return field.value;
  field.complain({ expected: DNS_LABEL.expected, so, remedy: 'Give the port a valid name.' });
  return undefined;
}
