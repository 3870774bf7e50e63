import { textOf } from './annotation-text.js';
import type { Field } from './field.js';
import { annotation, DRAIN_DEADLINE, SLOW_START } from './labels.js';
import { reportWeightless } from './scheduler.js';

const LONGEST = 86_400;
const SHAPE = /^(?:(\d{1,5})|(?=\d)(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?)$/;

/** Seconds in which a new endpoint comes to its full weight; 0 for at once. */
export function readSlowStart(object: Field, scheduler: string | undefined): number {
  const field = annotation(object, SLOW_START);
  const seconds = readSeconds(field, 'new endpoints start with their full weight') ?? 0;
  if (seconds > 0) reportWeightless(field, scheduler);
  return seconds;
}

/** Seconds for which an endpoint that is gone keeps its connections; undefined for the node's default. */
export function readDrainDeadline(object: Field): number | undefined {
  return readSeconds(annotation(object, DRAIN_DEADLINE), "the node's default is used");
}

function readSeconds(field: Field, so: string): number | undefined {
  const text = textOf(field, so);
  if (text === undefined) return undefined;
  const [found, plain = 0, hours = 0, minutes = 0, seconds = 0] = SHAPE.exec(text) ?? [];
  const total = Number(plain) + 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
  if (found !== undefined && total <= LONGEST) return total;
  field.complain({
    expected: `seconds from 0 to ${LONGEST}, such as "90", "90s", "1m30s" or "24h"`,
    so,
    remedy: 'Correct the time.',
  });
  return undefined;
}
