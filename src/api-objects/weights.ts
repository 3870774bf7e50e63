import { shown } from '../files/shown.js';
import type { WeightRule } from '../model/weight-rule.js';
import { listedIn } from './annotation-text.js';
import type { Field } from './field.js';
import { annotation, WEIGHTS } from './labels.js';
import { allowedName, DNS_SUBDOMAIN, LABEL_VALUE } from './names.js';
import { reportWeightless } from './scheduler.js';

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
