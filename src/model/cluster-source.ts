import type { ObjectsByService } from './changed-objects.js';
import type { ClusterView } from './cluster-view.js';
import type { OtherNodes } from './node.js';
import type { Problem } from './problem.js';
import type { LiveService } from './service-facts.js';
import type { ServiceKey } from './service-key.js';

/**
 * Where Services and EndpointSlices come from: a folder of manifests or an API server.
 * The source owns its view and changes it only before it calls `changed`.
 */
export interface ClusterSource {
  readonly view: ClusterView;
  /**
   * True once everything has been read once. Until then nothing may be removed from the kernel. It may come after
   * `start` has resolved, when a part could not be read at first, and `changed` is then called, if need be with no
   * Service.
   */
  readonly complete: boolean;
  /** What the source could not read or make sense of at this moment. */
  readonly problems: readonly Problem[];
  /** Resolves when the first full look is done; rejects only where the source can never be read. */
  start(listener: ClusterListener): Promise<void>;
  stop(): Promise<void>;
  /**
   * Asks for one Service as it is at this moment, whatever the watch has brought. Absent where nobody can be asked;
   * rejects where nobody answers.
   */
  lookUp?(service: ServiceKey): Promise<LiveLook>;
}

export interface LiveLook {
  /** Undefined: there is none. */
  readonly service: LiveService | undefined;
  /** The view has been another one for a second or longer. */
  readonly isBehind: boolean;
}

export interface ClusterListener {
  /**
   * These Services changed in the view. `triggers` says when the changes of their EndpointSlices happened, in
   * milliseconds since 1970, as far as the source knows: for network_programming_duration_seconds, once they are in the
   * kernel. `objects` names what changed, once the source is complete.
   */
  changed(services: Iterable<ServiceKey>, triggers?: readonly number[], objects?: ObjectsByService): void;
  /** Other Nodes have other addresses now. Called before `changed` for the Services that came with it. */
  otherNodesChanged?(others: OtherNodes): void;
  /** What the source cannot read or make sense of from now on, where that is another list than before. */
  problemsFound(problems: readonly Problem[]): void;
}
