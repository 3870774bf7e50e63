import type { Frontend } from './frontend.js';

/**
 * How far a frontend is from what is wanted of it, as status shows it and programs read it.
 * programmed: the kernel has acknowledged it. pending: a change is not acknowledged yet. draining: no new connections, the old
 * ones end. refused: the kernel did not take it. foreign: a virtual server of another program has the place. conflict: another
 * Service has it.
 */
export type FrontendStateName = 'programmed' | 'pending' | 'draining' | 'refused' | 'foreign' | 'conflict';

/** A frontend that a Service wants and does not have on this node as it wants it. */
export interface UnmetFrontend {
  readonly frontend: Frontend;
  /** `namespace/name:port`, as in the ledger. */
  readonly owner: string;
  readonly state: Exclude<FrontendStateName, 'programmed' | 'draining'>;
  /** One sentence: the kernel's own words, or who has it instead. */
  readonly reason?: string;
}
