import type { EventSink } from '../model/event.js';
import type { ProblemBoard } from '../model/problem-board.js';
import type { ServiceKey } from '../model/service-key.js';
import type { PassLog } from './log/pass-log.js';
import type { MetricSources } from './metrics/metric-sources.js';
import type { StatusClock } from './status-clock.js';
import type { StatusSettings } from './status-settings.js';

/** What the status is made of; `compose.ts` fills it in. */
export interface BoardParts {
  readonly settings: StatusSettings;
  readonly sources: MetricSources;
  /** All that a person has to put right, whoever found it; the status adds what it finds itself. */
  readonly problems: ProblemBoard;
  readonly clock: StatusClock;
  readonly log: PassLog;
  /** Undefined: nobody is told Events, as where the source is a folder. */
  readonly sink?: EventSink | undefined;
  /** The effective KubeProxyConfiguration, for `/configz`; without secrets. */
  readonly configuration: () => unknown;
  /** The UID of a Service, by which `kubectl describe` finds its Events; undefined where it is not known. */
  readonly uidOf?: (service: ServiceKey) => string | undefined;
}
