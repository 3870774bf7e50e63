import type { Service } from '../model/service.js';
import { PLAIN_WEIGHT } from '../model/weight-rule.js';

/** IPVS itself takes more; what a Service may ask for does not go further. */
const LARGEST_WEIGHT = 65_535;

/** The steps in which a weight of 1 grows. Schedulers compare weights, so that multiplying all of them changes no share. */
const STEPS = 10;

/** By what all weights of a Service are multiplied, so that those of new endpoints can begin with less than 1. */
export function weightScale({ slowStart, weights }: Pick<Service, 'slowStart' | 'weights'>): number {
  if (slowStart === 0) return 1;
  const largest = Math.max(PLAIN_WEIGHT, ...weights.map(({ weight }) => weight));
  return Math.max(1, Math.min(STEPS, Math.floor(LARGEST_WEIGHT / largest)));
}
