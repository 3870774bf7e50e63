import type { FrontendKey } from './frontend.js';
import type { RealServerKey } from './real-server.js';

/** Connections of one real server at one moment, as IPVS counts them. */
export interface Activity {
  /** Established TCP connections; entries of any state for UDP. */
  readonly active: number;
  /** All other entries: opening, closing, TIME_WAIT (120 s after the close). */
  readonly inactive: number;
  /**
   * When the server was told to take no new connections: milliseconds on the machine's clock (`Clock.now`). Undefined
   * where it takes them, or where nothing tells.
   */
  readonly quietSince?: number;
}

/** A server that is left out has none. */
export type FrontendActivity = ReadonlyMap<RealServerKey, Activity>;

export type DataplaneActivity = ReadonlyMap<FrontendKey, FrontendActivity>;
