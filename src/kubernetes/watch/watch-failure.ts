import type { Problem } from '../../model/problem.js';
import type { RestartReason } from '../../model/watch-statistics.js';
import { TransportError } from '../transport/api-transport.js';
import { OversizedPiece } from '../transport/body-splitter.js';

export type FailureKind = Exclude<RestartReason, 'ended'>;

/** Why a listing or a watch came to its end before its time. */
export class WatchFailure extends Error {
  override readonly name = 'WatchFailure';
  readonly kind: FailureKind;
  readonly remedy: string;
  /** Milliseconds for which the server asked to be left alone. */
  readonly retryAfter: number;

  /** `message` completes a sentence that begins with what was watched. */
  constructor(kind: FailureKind, message: string, { remedy = WAIT, retryAfter = 0, cause }: Details = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.remedy = remedy;
    this.retryAfter = retryAfter;
  }
}

interface Details {
  readonly remedy?: string;
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

const WAIT = 'It is tried again; if it lasts, look at the API server and at what lies between.';

/**
 * What the transport or a splitter threw. Anything else is a mistake of ours; the watch goes on after it all the same.
 */
export function asWatchFailure(error: unknown): WatchFailure {
  if (error instanceof WatchFailure) return error;
  if (error instanceof TransportError)
    return new WatchFailure(error.kind, withFullStop(error.message), { cause: error });
  if (error instanceof OversizedPiece) {
    const remedy = 'Look for what lies between this node and the API server.';
    return new WatchFailure('oversized', `cannot be read: ${error.message}.`, { remedy, cause: error });
  }
  const remedy = 'This is a mistake in kube-ipvs-proxy; report it.';
  return new WatchFailure('internal', `failed: ${String(error)}.`, { remedy, cause: error });
}

// More may be said after it.
function withFullStop(sentence: string): string {
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}

/** The server's history is shorter than what was received of it. */
export function wentBack(now: string, version: string): WatchFailure {
  return new WatchFailure(
    'future-version',
    `is at version ${now}, before ${version} that was received before.`,
  );
}

/** Something in an answer that cannot be read. */
export function corruptFailure(count: number, what: 'item' | 'line'): WatchFailure {
  const message =
    count === 1 ? `held a ${what} that is no JSON of the API` : `held ${count} ${what}s that are no JSON`;
  const remedy = 'Look for what lies between this node and the API server.';
  return new WatchFailure('corrupt', `${message}; everything is asked for again.`, { remedy });
}

/** Passing troubles, which a second attempt mends nearly always: they are a problem only when they last. */
const PASSING: ReadonlySet<FailureKind> = new Set([
  'short',
  'expired',
  'future-version',
  'overloaded',
  'server-error',
  'quiet',
  'connect',
  'silent',
  'lost',
]);

export function isPassing(kind: FailureKind): boolean {
  return PASSING.has(kind);
}

/** `began` is what failed, where the message does not say it: the transport's sentences stand by themselves. */
export function failureProblem(
  { kind, message, remedy }: WatchFailure,
  { subject, began, so }: { readonly subject: string; readonly began: string; readonly so: string },
): Problem {
  const cause = causeOf(kind);
  const said = kind === 'internal' ? `${began} ${message}` : message;
  return { kind: 'source', subject, ...(cause && { cause }), message: `${said}${so}`, remedy };
}

/** What all resources fail by alike; undefined where it is about one of them. */
function causeOf(kind: FailureKind): string | undefined {
  return CAUSES[kind];
}

const AWAY = 'the API server cannot be reached';
const CAUSES: Readonly<Partial<Record<FailureKind, string>>> = {
  connect: AWAY,
  silent: AWAY,
  lost: AWAY,
  overloaded: AWAY,
  'server-error': AWAY,
  short: AWAY,
  quiet: AWAY,
  tls: 'TLS with the API server fails',
  credentials: 'there are no credentials for the API server',
  unauthorized: 'the API server does not accept the credentials',
};
