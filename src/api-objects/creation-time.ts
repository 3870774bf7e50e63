import type { Field } from './field.js';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; 0 where the object does not say, as in a file written by hand. */
export function readCreationTime(object: Field): number {
  const field = object.child('metadata').child('creationTimestamp');
  if (field.absent) return 0;
  const time = parseTime(field.value);
  if (!Number.isNaN(time)) return Math.max(0, time);
  field.complain({
    expected: 'a time such as 2026-01-31T12:00:00Z',
    so: 'the object counts as the oldest',
    remedy: 'Correct the time or leave the field out.',
  });
  return 0;
}

/** Milliseconds since 1970; NaN where it is no time. */
export function parseTime(value: unknown): number {
  return typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
}
