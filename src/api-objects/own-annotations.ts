import { shown } from '../files/shown.js';
import type { Field } from './field.js';
import { DRAIN_DEADLINE, FLAGS, OWN_PREFIX, SCHEDULER, SLOW_START, WEIGHTS } from './labels.js';

const KNOWN = [SCHEDULER, FLAGS, WEIGHTS, SLOW_START, DRAIN_DEADLINE];

/** A slip in the name of an annotation would otherwise go unnoticed: nothing happens, and nobody says why. */
export function reportUnknownAnnotations(object: Field): void {
  const annotations = object.child('metadata').child('annotations');
  for (const name of annotations.names()) {
    if (!name.startsWith(OWN_PREFIX) || KNOWN.includes(name)) continue;
    annotations.report(
      `has ${shown(name)}, which this program does not know; it has no effect.`,
      `Write one of ${KNOWN.join(', ')}.`,
    );
  }
}
