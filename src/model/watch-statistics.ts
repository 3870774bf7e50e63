/**
 * What the watch of one kind of object has been through since the start: plain numbers that only grow, read when somebody
 * asks and never told one by one.
 */
export interface WatchStatistics {
  /** As in the path of the API: `services`, `endpointslices`, `nodes`, `servicecidrs`. */
  readonly resource: string;
  /** Objects known now. */
  readonly objects: number;
  /** Added, changed and deleted objects that were heard of, those of a list included. */
  readonly events: number;
  /** Complete lists, streamed or in pages. */
  readonly lists: number;
  /** Why the watch began anew, and how often: `silent`, `lost`, `expired` (410), `rejected` (429, 5xx) … */
  readonly restarts: ReadonlyMap<string, number>;
  /** Lines that were no JSON, or no watch event. */
  readonly corruptLines: number;
  /** Objects of which nothing could be used. */
  readonly untranslatable: number;
}

/** Requests to the API server that ended alike. */
export interface RequestStatistics {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** The status; `<error>` where no answer came, as client-go writes it. */
  readonly code: string;
  /** The server, `host:port`. */
  readonly host: string;
  readonly count: number;
}
