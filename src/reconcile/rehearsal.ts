import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Kernel } from '../kernel/kernel.js';
import type { ClusterSource } from '../model/cluster-source.js';
import { allKeys } from '../model/kernel-keys.js';
import type { Operation } from '../model/operation.js';
import type { Problem } from '../model/problem.js';
import { plan } from '../plan/plan.js';
import { foreignProblems } from './failure-text.js';

export interface Rehearsal {
  /** What would be made ready first, one sentence each. */
  readonly preparation: readonly string[];
  readonly operations: readonly Operation[];
  readonly problems: readonly Problem[];
}

/** What a first pass would do now, without doing any of it. */
export async function rehearse(
  source: ClusterSource,
  desired: DesiredDataplane,
  kernel: Kernel,
): Promise<Rehearsal> {
  const { view } = source;
  for (const key of view.keys()) desired.refresh(key, view.look(key));
  const preparation = await kernel.preview();
  const { dataplane } = await kernel.observe();
  const keys = allKeys(desired).add(allKeys(dataplane));
  const stages = plan(keys, desired, dataplane, () => false);
  const operations = stages.flatMap(({ operations }) => operations);
  const held = foreignProblems(desired, dataplane);
  return { preparation, operations, problems: [...source.problems, ...desired.problems, ...held] };
}
