import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Cidr } from '../model/cidr.js';
import { atOnce } from '../model/clock.js';
import type { ClusterSource } from '../model/cluster-source.js';
import type { DataplaneState } from '../model/dataplane-state.js';
import { allKeys } from '../model/kernel-keys.js';
import { type SingleOperation, singly } from '../model/operation.js';
import { tenOfEach } from '../model/problem.js';
import type { Rehearsal } from '../model/status-report.js';
import { plan, planStaleMarks } from '../plan/plan.js';
import { KernelImage } from './kernel-image.js';
import { foreignProblems } from './refusals.js';
import { alone, type Round } from './stage-runner.js';
import { type Predecessor, Takeover } from './takeover.js';

/**
 * What a first pass would do now, without doing any of it; `predecessor` where it would take over, `excluded` where
 * not.
 */
export async function rehearse(
  source: ClusterSource,
  desired: DesiredDataplane,
  kernel: Kernel,
  predecessor?: Predecessor,
  excluded: readonly Cidr[] = [],
): Promise<Rehearsal> {
  const { view } = source;
  const preparation = await kernel.preview();
  desired.setMarkKey(await kernel.markKey());
  const { own, reserved } = await kernel.nodeAddresses();
  desired.setNodeAddresses(own);
  desired.setReserved(reserved);
  desired.setListeners(kernel.listeners() ?? new Set());
  for (const key of view.keys()) desired.refresh(key, view.look(key));
  for (const key of desired.takeConcerned()) desired.refresh(key, view.look(key));
  const takeover = new Takeover(predecessor, desired, source, excluded);
  const image = new KernelImage(takeover.inherits);
  await image.lookAtAll(kernel);
  atOnce(image.identify(desired));
  const { state } = image;
  const staleMarks = atOnce(desired.keepMarks(state));
  const keys = allKeys(desired).add(allKeys(state));
  const operations = fold(
    takeover.after(
      [
        alone(() => planStaleMarks(staleMarks, state)),
        alone(() =>
          plan(keys, desired, state, (key) =>
            desired.mustLeave(state.virtualServers.get(key)?.frontend.address, state.policy.guarded),
          ),
        ),
      ],
      () => state,
      image.ledgerLost,
    ),
    state,
  );
  const held = foreignProblems(desired, state);
  return { preparation, operations, problems: tenOfEach([...source.problems, ...desired.problems, ...held]) };
}

// Each plan is made from what those before it would have left.
function fold(rounds: Iterable<Round>, state: DataplaneState): SingleOperation[] {
  const operations: SingleOperation[] = [];
  for (const round of rounds)
    for (const stages of round)
      for (const operation of singly(stages.flatMap((stage) => stage.operations))) {
        state.acknowledge(operation);
        operations.push(operation);
      }
  return operations;
}
