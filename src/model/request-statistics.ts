/** Requests to the API server that ended alike, since the start. */
export interface RequestStatistics {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** The status; `<error>` where no answer came, as client-go writes it. */
  readonly code: string;
  /** The server, `host:port`. */
  readonly host: string;
  readonly count: number;
}
