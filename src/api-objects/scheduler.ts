import type { Field } from './field.js';
import { annotation, SCHEDULER } from './labels.js';

/** The scheduler that the annotation asks for. Whether this kernel has it is for the kernel to say. */
export function readScheduler(object: Field): string | undefined {
  const field = annotation(object, SCHEDULER);
  const { value } = field;
  if (field.absent) return undefined;
  if (typeof value === 'string' && /^[a-z_]{1,15}$/.test(value)) return value;
  field.complain({
    expected: 'the name of an IPVS scheduler such as rr, lc or mh',
    so: "the node's default is used",
    remedy: 'Write a name of 1 to 15 letters a-z and _.',
  });
  return undefined;
}
