import { weightedKin } from '../model/scheduler.js';
import type { Service } from '../model/service.js';
import type { NodeSettings } from './node-settings.js';

/**
 * The scheduler that a Service gets. One that asks for weights and leaves the scheduler open gets the node's default in
 * its weighted kind, since the default would ignore them.
 */
export function schedulerOf(
  { scheduler, weights, slowStart }: Pick<Service, 'scheduler' | 'weights' | 'slowStart'>,
  node: NodeSettings,
): string {
  if (scheduler !== undefined) return scheduler;
  return weights.length > 0 || slowStart > 0 ? weightedKin(node.scheduler) : node.scheduler;
}
