import { shown, shownSentence } from '../../files/shown.js';
import { isMapping } from '../../model/mapping.js';
import type { ApiResponse } from '../transport/api-transport.js';
import { fullName, type Resource } from './resource.js';
import { type FailureKind, WatchFailure } from './watch-failure.js';

/** Of an answer that is no success; a Status object has some hundred bytes. */
const LONGEST_STATUS = 64 * 1024;

/** The API's own account of a failure (meta/v1 Status), as a body or in an ERROR event. All of it may be missing. */
interface Status {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly details?: {
    readonly retryAfterSeconds?: unknown;
    readonly causes?: readonly { readonly reason?: unknown }[];
  };
}

/** What was asked for, for messages. */
export interface Question {
  readonly resource: Resource;
  readonly verb: 'list' | 'watch';
}

/** Throws unless the answer is JSON and a success. */
export async function expectJson(response: ApiResponse, question: Question): Promise<void> {
  const type = response.headers['content-type'] ?? 'application/json';
  const isJson = /^application\/json\b/i.test(type);
  if (response.status === 200 && isJson) return;
  const body = await readStart(response.body);
  const status = isJson ? parseStatus(body) : {};
  if (response.status !== 200) throw failureOf(response.status, status, question, response.headers);
  throw new WatchFailure('not-json', `was answered with ${shown(type)} instead of JSON.`, {
    remedy: 'Make sure that the server address leads to the API server and not to a proxy or a login page.',
  });
}

/** An ERROR event, which takes the place of a status line once a watch is open. */
export function failureOfEvent(object: unknown, question: Question): WatchFailure {
  const status: Status = isMapping(object) ? object : {};
  const code = typeof status.code === 'number' ? status.code : 500;
  return failureOf(code, status, question, {});
}

function failureOf(
  code: number,
  status: Status,
  question: Question,
  headers: ApiResponse['headers'],
): WatchFailure {
  const kind = isFutureVersion(status) ? 'future-version' : kindOf(code);
  const said = typeof status.message === 'string' ? `: ${shownSentence(status.message)}` : '';
  const retryAfter = seconds(headers['retry-after']) ?? seconds(status.details?.retryAfterSeconds) ?? 0;
  const remedy = remedyOf(kind, question);
  const message = `was answered with ${code}${said}.`;
  return new WatchFailure(kind, message, { retryAfter: retryAfter * 1000, ...(remedy && { remedy }) });
}

const KINDS: Readonly<Record<number, FailureKind>> = {
  400: 'rejected',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-served',
  410: 'expired',
  422: 'rejected',
  429: 'overloaded',
  503: 'overloaded',
};

function kindOf(code: number): FailureKind {
  return KINDS[code] ?? (code >= 500 ? 'server-error' : 'refused');
}

// Old servers say so in the message only (client-go, IsTooLargeResourceVersion).
function isFutureVersion({ details, message }: Status): boolean {
  const causes = Array.isArray(details?.causes) ? details.causes : [];
  return (
    causes.some((cause) => cause?.reason === 'ResourceVersionTooLarge') ||
    (typeof message === 'string' && message.includes('Too large resource version'))
  );
}

function remedyOf(kind: FailureKind, { resource, verb }: Question): string | undefined {
  const group = resource.group === '' ? '""' : resource.group;
  switch (kind) {
    case 'unauthorized':
      return 'Renew the token or client certificate; the API server does not accept the one it was shown.';
    case 'forbidden':
      return (
        `Bind our account to the ClusterRole system:node-proxier, or allow it the verb ${verb} ` +
        `on resources [${resource.name}] in apiGroups [${group}].`
      );
    case 'not-served':
      return `Make sure that the API server serves ${fullName(resource)} (${resource.path}).`;
    default:
      return undefined;
  }
}

// Retry-After may also be a date. No API server sends one, and clocks differ: then our own back-off is used.
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

function parseStatus(body: Buffer): Status {
  const value = parseJson(body);
  return isMapping(value) ? value : {};
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length >= LONGEST_STATUS) break;
  }
  return Buffer.concat(pieces).subarray(0, LONGEST_STATUS);
}

/** `resourceVersion` of an object's or a list's metadata; undefined where it does not say. */
export function versionOf({ resourceVersion }: { readonly resourceVersion?: unknown }): string | undefined {
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
