import { type Address, parseAddress } from '../model/address.js';
import type { Field } from './field.js';
import { specialKind } from './special-address.js';

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
