/** How the watch of the API server fares, since the start of the agent. */
export interface WatchStatistics {
  readonly resources: readonly ResourceStatistics[];
}

export interface ResourceStatistics {
  /** `services`, `endpointslices.discovery.k8s.io`. */
  readonly resource: string;
  /** Objects known at this moment, those left alone included. */
  readonly objects: number;
  /** Everything has been received once. */
  readonly complete: boolean;
  /** False where the server does not have this resource. */
  readonly served: boolean;
  /** Full listings that were taken over, streamed or in pages. */
  readonly lists: number;
  /** Watches that were opened. */
  readonly watches: number;
  /** Additions, changes and deletions sent by watches. Listings do not count. */
  readonly events: number;
  /** "Up to here you know all": about one a minute where nothing else is sent. */
  readonly bookmarks: number;
  /** Ends of a listing or watch, by reason. The orderly one is `ended`. */
  readonly restarts: Readonly<Partial<Record<RestartReason, number>>>;
  /** Lines and items that were no JSON or no event. */
  readonly corruptLines: number;
  /** Objects of which nothing could be used, each time that one was received. */
  readonly untranslatable: number;
}

/**
 * ended: the server closed the watch as agreed. short: at once, or a listing before its end. expired: it no longer has
 * the history we need (410). future-version: it does not have it yet, as after a restore from backup. rejected: it does
 * not understand the request. unauthorized: 401. forbidden: 403. not-served: 404. overloaded: 429 or 503. server-error:
 * other 5xx. refused: any other answer. not-json: something else than the API answered. corrupt: a line made no sense.
 * oversized: a line had no end. quiet: nothing for minutes on an open connection. internal: a mistake in this program.
 * connect, tls, silent, lost, credentials, aborted: no answer, see `TransportFailure`.
 */
export type RestartReason =
  | 'ended'
  | 'short'
  | 'expired'
  | 'future-version'
  | 'rejected'
  | 'unauthorized'
  | 'forbidden'
  | 'not-served'
  | 'overloaded'
  | 'server-error'
  | 'refused'
  | 'not-json'
  | 'corrupt'
  | 'oversized'
  | 'quiet'
  | 'internal'
  | 'connect'
  | 'tls'
  | 'silent'
  | 'lost'
  | 'credentials'
  | 'aborted';

/** Requests to the API server that ended alike, since the start. */
export interface RequestStatistics {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** The status; `<error>` where no answer came, as client-go writes it. */
  readonly code: string;
  /** The server, `host:port`. */
  readonly host: string;
  readonly count: number;
}
