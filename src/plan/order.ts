import type { TrafficSet } from '../model/dataplane.js';
import type { Operation } from '../model/operation.js';

/**
 * The stages of a plan, in order. Policy comes before exposure and real servers before the VIP, so that the first
 * packet that can arrive finds everything in place; what goes, goes in reverse. The ledger entry is the first to come
 * and the last to go: a crash may leave an entry without its virtual server, never the other way round. Virtual servers
 * are a stage of their own, so that nothing is written below one that turns out to be another program's.
 */
const STAGES = [
  'own',
  'create',
  'balance',
  'bind',
  'open',
  'forget-untranslated',
  'close',
  'quiesce',
  'unbind',
  'delete',
  'forget',
  'disown',
] as const;

type Stage = (typeof STAGES)[number];

const ADDITIONS: ReadonlySet<Stage> = new Set([
  'own',
  'create',
  'balance',
  'bind',
  'open',
  'forget-untranslated',
]);

/** Whether a stage takes nothing away. */
export function isAddition(stage: Stage): boolean {
  return ADDITIONS.has(stage);
}

function stageOf(operation: Operation): Stage {
  switch (operation.kind) {
    case 'add-real-server':
    case 'add-real-servers':
      return 'balance';
    case 'own-frontend':
    case 'guard-vip':
      return 'own';
    case 'add-virtual-server':
    case 'set-virtual-server':
      return 'create';
    case 'set-real-server':
      return operation.server.weight === 0 ? 'quiesce' : 'balance';
    case 'bind-vip':
      return 'bind';
    case 'open-frontend':
      return 'open';
    case 'close-frontend':
      return 'close';
    case 'unbind-vip':
      return 'unbind';
    case 'delete-real-server':
    case 'delete-virtual-server':
      return 'delete';
    case 'forget-flows':
      return operation.server === undefined ? 'forget-untranslated' : 'forget';
    case 'disown-frontend':
    case 'release-vip':
      return 'disown';
    case 'enter-set':
      return isGate(operation.set) ? 'close' : 'own';
    case 'leave-set':
      return LEAVING[operation.set];
    // In one transaction: nftables takes no range that overlaps another, and no client should be shut out in between.
    case 'allow-source':
    case 'forbid-source':
      return 'own';
  }
}

// Opened and closed like the gate itself; how the packets of an open frontend are treated is settled before it opens.
function isGate(set: TrafficSet): boolean {
  return set === 'refused' || set === 'dropped';
}

const LEAVING: Readonly<Record<TrafficSet, Stage>> = {
  refused: 'open',
  dropped: 'open',
  // Along with its sources.
  restricted: 'own',
  // Not before the frontend is open.
  'node-local': 'open',
  masqueraded: 'disown',
  'source-kept': 'disown',
};

/** Operations of one stage: the answers to one decide whether the next may follow. */
export interface PlanStage {
  readonly name: Stage;
  readonly operations: readonly Operation[];
}

/** Operations on their way into stages; within a stage they stay in the order in which they come. */
export class StagedOperations {
  readonly #stages = new Map<Stage, Operation[]>(STAGES.map((stage) => [stage, []]));

  add(operation: Operation, stage = stageOf(operation)): void {
    this.#stages.get(stage)?.push(operation);
  }

  /** The stages in their order, without those that stayed empty. */
  filled(): PlanStage[] {
    const stages = [...this.#stages].map(([name, operations]) => ({ name, operations }));
    return stages.filter(({ operations }) => operations.length > 0);
  }
}
