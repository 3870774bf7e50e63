/** What of the past the metrics need that no counter tells. Times are milliseconds since 1970, 0 for never. */
export interface SyncTimes {
  readonly lastQueued: number;
  readonly lastPass: number;
  /** Of the changes heard of, those that passes have taken in. */
  readonly settledServices: number;
  readonly settledEndpoints: number;
}
