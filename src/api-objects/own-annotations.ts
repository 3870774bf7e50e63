import { shown } from '../files/shown.js';
import { parseDuration } from '../model/duration.js';
import {
  ignoresWeights,
  SCHEDULER_FLAGS,
  SCHEDULERS,
  type SchedulerFlag,
  weightedKin,
} from '../model/scheduler.js';
import type { Service } from '../model/service.js';
import type { WeightRule } from '../model/weight-rule.js';
import type { Field } from './field.js';
import {
  annotation,
  DRAIN_DEADLINE,
  FLAGS,
  listedIn,
  NODE_LOCAL,
  OWN_PREFIX,
  SCHEDULER,
  SLOW_START,
  textOf,
  WEIGHTS,
} from './metadata.js';
import { allowedName, DNS_SUBDOMAIN, LABEL_VALUE } from './names.js';

const KNOWN = [SCHEDULER, FLAGS, WEIGHTS, SLOW_START, DRAIN_DEADLINE, NODE_LOCAL];

/** A mistake in the name of an annotation would otherwise go unnoticed: it would have no effect. */
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

/** Whether a process of the node that listens on a ClusterIP is to have its traffic. */
export function readNodeLocal(object: Field): boolean {
  const field = annotation(object, NODE_LOCAL);
  if (field.absent || field.value === 'prefer') return field.value === 'prefer';
  field.complain({ expected: 'prefer', so: 'it has no effect', remedy: 'Write prefer, or remove it.' });
  return false;
}

/** Seconds. */
const LONGEST = 86_400;

/** Seconds in which a new endpoint comes to its full weight; 0 for at once. */
export function readSlowStart(object: Field, scheduler: string | undefined): number {
  const field = annotation(object, SLOW_START);
  const seconds = readSeconds(field, 'new endpoints start with their full weight') ?? 0;
  if (seconds > 0) reportWithoutWeights(field, scheduler);
  return seconds;
}

/** Seconds for which an endpoint that is gone keeps its connections; undefined for the node's default. */
export function readDrainDeadline(object: Field): number | undefined {
  return readSeconds(annotation(object, DRAIN_DEADLINE), "the node's default is used");
}

function readSeconds(field: Field, so: string): number | undefined {
  const text = textOf(field, so);
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : parseDuration(text);
  const isAllowed = seconds !== undefined && Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST;
  if (isAllowed) return seconds;
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
  if (rules.length > 0) reportWithoutWeights(field, scheduler);
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

type Scheduling = Pick<Service, 'scheduler' | 'schedulerFlags'>;

const NO_FLAGS: readonly SchedulerFlag[] = [];
const noFlags = 'no flags are used';

/**
 * The scheduler that the annotation asks for, and its flags, which may follow it after commas (`mh,mh-port`) or stand
 * in an annotation of their own. Whether this kernel has the scheduler is for the kernel to say.
 */
export function readScheduling(object: Field): Scheduling {
  const field = annotation(object, SCHEDULER);
  const scheduler = readScheduler(field);
  const schedulerFlags = [
    ...readFlags(field, partsOf(field).slice(1), scheduler),
    ...readFlags(annotation(object, FLAGS), listedIn(annotation(object, FLAGS), noFlags), scheduler),
  ];
  return {
    schedulerFlags: schedulerFlags.length === 0 ? NO_FLAGS : [...new Set(schedulerFlags)],
    ...(scheduler !== undefined && { scheduler }),
  };
}

/** Reports an annotation that needs weights where the scheduler asked for has no use for them. */
function reportWithoutWeights(field: Field, scheduler: string | undefined): void {
  if (scheduler === undefined || !ignoresWeights(scheduler)) return;
  field.report(
    `has no effect: the scheduler ${scheduler} gives every server the same share, whatever its weight.`,
    `Choose ${weightedKin(scheduler)} in the annotation for the scheduler.`,
  );
}

function readScheduler(field: Field): string | undefined {
  if (field.absent) return undefined;
  const [name] = partsOf(field);
  const scheduler = SCHEDULERS.find((known) => known === name);
  if (scheduler !== undefined) return scheduler;
  field.complain({
    expected: `an IPVS scheduler (${SCHEDULERS.join(', ')})`,
    so: "the node's default is used",
    remedy: 'Write one of these names.',
  });
  return undefined;
}

function partsOf({ value }: Field): readonly string[] {
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [];
}

function readFlags(field: Field, words: readonly string[], scheduler: string | undefined): SchedulerFlag[] {
  return words.flatMap((word) => {
    const flag = flagsOf(scheduler).find((known) => known === word);
    if (flag === undefined) reportFlag(field, word, scheduler);
    return flag ?? [];
  });
}

// Without a scheduler of its own the Service gets that of the node, and the flag may be right for it.
function flagsOf(scheduler: string | undefined): readonly SchedulerFlag[] {
  return SCHEDULER_FLAGS.filter((flag) => scheduler === undefined || flag.startsWith(`${scheduler}-`));
}

function reportFlag(field: Field, word: string, scheduler: string | undefined): void {
  const known = flagsOf(scheduler);
  const expected = known.length === 0 ? `none, since ${scheduler} has no flags` : known.join(' or ');
  field.report(
    `has the flag ${shown(word)}, expected ${expected}; the flag is left out.`,
    'Write flags of the scheduler, with commas between.',
  );
}
