/** Something worth knowing about an object of the cluster, for who looks at it with `kubectl describe`. */
export interface EventRecord {
  readonly subject: EventSubject;
  readonly type: 'Normal' | 'Warning';
  /** Why, as one word that alerts match on: `FailedToStartMetricServer`. */
  readonly reason: string;
  /** What was being done: `StartKubeProxy`. */
  readonly action: string;
  /** A sentence for people. */
  readonly note: string;
  /** Unique in its namespace; repeats of the same thing carry the same name. */
  readonly name: string;
  /** Milliseconds since 1970 of the first and of the last time. */
  readonly first: number;
  readonly last: number;
  /** How often it happened until now, 1 and up. */
  readonly count: number;
}

export interface EventSubject {
  readonly kind: 'Node' | 'Service';
  /** Undefined for a Node. */
  readonly namespace?: string;
  readonly name: string;
  /** `kubectl describe` finds the Events of a Service by its UID; undefined where it is not known. */
  readonly uid?: string;
}

/** Takes Events to the API server. */
export interface EventSink {
  /**
   * refused: the API server will not have it, now or later. Rejects where no answer came or the server is overloaded:
   * then it may be sent again.
   */
  send(event: EventRecord): Promise<'sent' | 'refused'>;
}
