import { familyOf, parseAddress } from '../model/address.js';
import type { Field } from './field.js';

/** `10.244.0.0/24` with its address in canonical form; undefined with a complaint where it is no CIDR. */
export function readCIDR(field: Field): string | undefined {
  const [head = '', length = '', ...rest] = typeof field.value === 'string' ? field.value.split('/') : [];
  const address = parseAddress(head);
  if (address !== undefined && rest.length === 0 && /^\d{1,3}$/.test(length)) {
    if (Number(length) <= (familyOf(address) === 'IPv4' ? 32 : 128)) return `${address}/${Number(length)}`;
  }
  field.complain({
    expected: 'a CIDR such as 10.244.0.0/24',
    so: 'it is left out',
    remedy: 'Correct the range.',
  });
  return undefined;
}
