/** One line of a watch. */
export type WatchEvent =
  | {
      /** put: it is so now, whether it is new or changed. delete: as it was last. */
      readonly kind: 'put' | 'delete';
      readonly object: unknown;
      /** Undefined where the object does not say. */
      readonly version: string | undefined;
    }
  | {
      /** Everything up to `version` has been sent. */
      readonly kind: 'bookmark';
      readonly version: string | undefined;
      /** All objects there were at first have been sent now. */
      readonly endsListing: boolean;
    }
  | { readonly kind: 'error'; readonly status: unknown }
  | { readonly kind: 'corrupt' };

const CORRUPT: WatchEvent = { kind: 'corrupt' };
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

interface Metadata {
  readonly resourceVersion?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** Never throws: what is no event is corrupt. */
export function readEvent(line: Buffer): WatchEvent {
  const event = parseJson(line);
  if (!isRecord(event)) return CORRUPT;
  const { type, object } = event;
  if (type === 'ERROR') return { kind: 'error', status: object };
  if (!isRecord(object)) return CORRUPT;
  const metadata: Metadata = isRecord(object.metadata) ? object.metadata : {};
  const version = versionOf(metadata);
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'put', object, version };
  if (type === 'DELETED') return { kind: 'delete', object, version };
  if (type !== 'BOOKMARK') return CORRUPT;
  return { kind: 'bookmark', version, endsListing: metadata.annotations?.[INITIAL_EVENTS_END] === 'true' };
}

export function versionOf({ resourceVersion }: Metadata): string | undefined {
  return typeof resourceVersion === 'string' && resourceVersion !== '' ? resourceVersion : undefined;
}

/** Undefined for what is no JSON, which is itself never the text of anything. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
