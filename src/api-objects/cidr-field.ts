import { parseCidr } from '../model/cidr.js';
import type { Field } from './field.js';

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
