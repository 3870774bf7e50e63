import type { EventRecord, EventSink, EventSubject } from '../model/event.js';
import type { ApiRequest, ApiTransport } from './transport/api-transport.js';

const DEADLINE_MILLISECONDS = 10_000;

/** Sends Events to the API server. */
export class EventPoster implements EventSink {
  readonly #transport: () => ApiTransport;
  readonly #reporter: Reporter;

  /** `transport` is asked anew each time, since credentials change. */
  constructor(transport: () => ApiTransport, reporter: Reporter) {
    this.#transport = transport;
    this.#reporter = reporter;
  }

  async send(event: EventRecord): Promise<'sent' | 'refused'> {
    if (event.count === 1) return this.#create(event);
    const status = await this.#ask(patchRequest(event));
    // Events live for an hour; the series may be older.
    return status === 404 ? this.#create(event) : outcomeOf(status);
  }

  async #create(event: EventRecord): Promise<'sent' | 'refused'> {
    const status = await this.#ask({
      method: 'POST',
      path: eventsPath(event),
      body: eventObject(event, this.#reporter),
    });
    // Another node was first, or our own answer got lost.
    return status === 409 ? 'sent' : outcomeOf(status);
  }

  async #ask(request: ApiRequest): Promise<number> {
    const { status, body } = await this.#transport().request(
      request,
      AbortSignal.timeout(DEADLINE_MILLISECONDS),
    );
    for await (const _ of body) break;
    return status;
  }
}

function outcomeOf(status: number): 'sent' | 'refused' {
  if (status < 300) return 'sent';
  if (status === 429 || status >= 500) throw new Error(`the API server answered ${status} to an Event`);
  return 'refused';
}

function patchRequest(event: EventRecord): ApiRequest {
  return {
    method: 'PATCH',
    path: `${eventsPath(event)}/${event.name}`,
    body: eventPatch(event),
    contentType: 'application/merge-patch+json',
  };
}

function eventsPath({ subject }: EventRecord): string {
  return `/apis/events.k8s.io/v1/namespaces/${eventNamespace(subject)}/events`;
}

/** Who reports: the same for all Events of one agent. */
interface Reporter {
  /** The controller, `kube-ipvs-proxy`. */
  readonly controller: string;
  /** This instance of it, with the node's name. */
  readonly instance: string;
}

/** The limits of the API server's validation of events.k8s.io/v1 (pkg/apis/core/validation/events.go), in bytes. */
const NOTE_BYTES = 1024;
const INSTANCE_BYTES = 128;

/** An object about a Node, which has no namespace, is in `default`; the API server insists on it. */
function eventNamespace({ namespace }: EventSubject): string {
  return namespace ?? 'default';
}

/** A new Event, for POST. */
export function eventObject(event: EventRecord, { controller, instance }: Reporter): object {
  const { subject, type, reason, action, note, name, first } = event;
  const namespace = eventNamespace(subject);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace },
    eventTime: microTime(first),
    reportingController: controller,
    reportingInstance: cut(instance, INSTANCE_BYTES),
    action,
    reason,
    regarding: { apiVersion: 'v1', ...subject },
    note: cut(note, NOTE_BYTES),
    type,
    ...(event.count > 1 ? { series: seriesOf(event) } : {}),
  };
}

/** What makes the series of a known Event longer, for PATCH. */
function eventPatch(event: EventRecord): object {
  return { series: seriesOf(event) };
}

function seriesOf({ count, last }: EventRecord): object {
  return { count, lastObservedTime: microTime(last) };
}

/** metav1.MicroTime has six digits and nothing else. */
function microTime(wallTime: number): string {
  return new Date(wallTime).toISOString().replace('Z', '000Z');
}

/** At most so many bytes of UTF-8, never half a character. */
function cut(text: string, bytes: number): string {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return text;
  const ELLIPSIS_BYTES = 3;
  let end = bytes - ELLIPSIS_BYTES;
  while (end > 0 && isContinuation(encoded[end])) end--;
  return `${new TextDecoder().decode(encoded.subarray(0, end))}…`;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
