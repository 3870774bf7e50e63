import type { EventRecord, EventSink } from '../model/event.js';
import { eventNamespace, eventObject, eventPatch, type Reporter } from './event-object.js';
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
