import { Complaints } from './complaints.js';
import { parseTime } from './creation-time.js';
import { Field } from './field.js';
import { annotation, TRIGGER_TIME } from './labels.js';

/**
 * When the change happened that an EndpointSlice shows, in milliseconds since 1970; undefined where it does not say.
 * Nothing depends on it but a measurement, so a time that is none is no problem either.
 */
export function triggerTime(slice: unknown): number | undefined {
  const { value } = annotation(new Field(slice, new Complaints()), TRIGGER_TIME);
  const time = parseTime(value);
  return Number.isNaN(time) ? undefined : time;
}
