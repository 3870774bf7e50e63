/** What of the past the metrics show that no counter tells. Times are milliseconds since 1970, 0 for never. */
export interface SyncTimes {
  lastQueued: number;
  lastPass: number;
  /** Of the changes heard of, those that passes have taken in. */
  settledServices: number;
  settledEndpoints: number;
}
