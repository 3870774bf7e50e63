import type { Clock } from '../../model/clock.js';
import type { Ownership } from '../../model/dataplane.js';
import type { FrontendKey } from '../../model/frontend.js';
import type { ProblemsFound } from '../../model/problem-board.js';
import type { Addon } from '../native/addon.js';
import type { PortRange } from '../nf-tables/rule-values.js';
import { NODE_PLACES } from '../node/node-files.js';
import { masqueradeRanges } from '../packet-table/packet-rules/masquerade-rules.js';
import { BridgeCheck, readBridges, readPassing } from './bridge-check.js';
import { ConntrackCapacity, readConntrackLoad } from './conntrack-capacity.js';
import { FlowLook } from './flow-look.js';
import { MasqueradePorts } from './masquerade-ports.js';
import { NodeWatch } from './node-watch.js';

interface NodeWatchParts {
  readonly addon: Addon;
  readonly clock: Clock;
  readonly nodePortRange: PortRange;
  /** The ledger, as it stands. */
  readonly owned: () => ReadonlyMap<FrontendKey, Ownership>;
  readonly problemsFound: ProblemsFound;
}

export interface OpenNodeWatch {
  start(): void;
  /** Resolves once nobody looks any more. */
  stop(): Promise<void>;
}

/**
 * Everything that is watched of this node. Each look has a time of its own: none is to wait because another cost much.
 */
export function openNodeWatch(parts: NodeWatchParts): OpenNodeWatch {
  const { addon, clock, nodePortRange, owned, problemsFound } = parts;
  const load = () => readConntrackLoad(NODE_PLACES.proc);
  const [masqueraded, bridged] = [new FlowLook(addon, clock), new FlowLook(addon, clock)];
  const checks = [
    new ConntrackCapacity(load),
    new MasqueradePorts({ load, flows: masqueraded, ranges: masqueradeRanges(nodePortRange), owned }),
    new BridgeCheck({
      passing: () => readPassing(NODE_PLACES),
      bridges: (passing) => readBridges(NODE_PLACES, passing),
      flows: bridged,
      owned,
    }),
  ];
  const watch = new NodeWatch(checks, clock, problemsFound);
  return {
    start: () => watch.start(),
    async stop() {
      await watch.stop();
      masqueraded.close();
      bridged.close();
    },
  };
}
