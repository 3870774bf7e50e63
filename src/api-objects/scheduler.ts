import { shown } from '../files/shown.js';
import {
  ignoresWeights,
  SCHEDULER_FLAGS,
  SCHEDULERS,
  type SchedulerFlag,
  weightedKin,
} from '../model/scheduler.js';
import type { Service } from '../model/service.js';
import { listedIn } from './annotation-text.js';
import type { Field } from './field.js';
import { annotation, FLAGS, SCHEDULER } from './labels.js';

type Scheduling = Pick<Service, 'scheduler' | 'schedulerFlags'>;

const NO_FLAGS: readonly SchedulerFlag[] = [];
const noFlags = 'no flags are used';

/**
 * The scheduler that the annotation asks for, and its flags, which may follow it after commas (`mh,mh-port`) or stand in
 * an annotation of their own. Whether this kernel has the scheduler is for the kernel to say.
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

/** Tells where a wish needs weights and the scheduler asked for has no use for them. */
export function reportWeightless(field: Field, scheduler: string | undefined): void {
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
