import { shown } from '../files/shown.js';
import type { WeightRule } from '../model/weight-rule.js';
import { listedIn, textOf } from './annotation-text.js';
import type { Field } from './field.js';
import { annotation, DRAIN_DEADLINE, FLAGS, OWN_PREFIX, SCHEDULER, SLOW_START, WEIGHTS } from './labels.js';
import { allowedName, DNS_SUBDOMAIN, LABEL_VALUE } from './names.js';
import { reportWeightless } from './scheduler.js';

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

/** Seconds. */
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

const NONE: readonly WeightRule[] = [];
const HIGHEST = 65_535;
/** A rule for each node of a large cluster's zone; an annotation has room for 28,000. */
const MOST_RULES = 1_000;
const ENTRY = /^(?:(\*)|(zone|node)=(.+)):([1-9]\d{0,4})$/;

/** `zone=eu-1a:3, node=worker-7:2, *:1`: the rules that make sense, in their order. */
export function readWeights(object: Field, scheduler: string | undefined): readonly WeightRule[] {
  const field = annotation(object, WEIGHTS);
  if (field.absent) return NONE;
  const entries = listedIn(field, 'all endpoints count the same');
  if (entries.length > MOST_RULES)
    field.report(
      `has ${entries.length} entries; those behind the first ${MOST_RULES} are left out.`,
      'Use fewer, such as those of zones.',
    );
  const rules = entries.slice(0, MOST_RULES).flatMap((entry) => readRule(field, entry));
  if (rules.length > 0) reportWeightless(field, scheduler);
  return rules;
}

function readRule(field: Field, entry: string): WeightRule | [] {
  const [, any, kind, name, digits] = ENTRY.exec(entry) ?? [];
  const weight = Number(digits);
  if (!(weight <= HIGHEST)) return reportEntry(field, entry);
  if (any !== undefined) return { kind: 'any', weight };
  if (kind === 'zone' && allowedName(name, LABEL_VALUE)) return { kind, name, weight };
  if (kind === 'node' && allowedName(name, DNS_SUBDOMAIN)) return { kind, name, weight };
  return reportEntry(field, entry);
}

function reportEntry(field: Field, entry: string): [] {
  field.report(
    `has the entry ${shown(entry)}, expected zone=NAME:WEIGHT, node=NAME:WEIGHT or *:WEIGHT with a weight from 1 to ${HIGHEST}; ` +
      'the entry is left out.',
    'Correct the entry.',
  );
  return [];
}
