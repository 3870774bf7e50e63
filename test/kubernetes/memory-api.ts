import { nodeTable } from '../../lab/api-server/node-table.js';
import {
  type ApiRequest,
  type ApiResponse,
  type ApiTransport,
  TransportError,
} from '../../src/kubernetes/transport/api-transport.js';
import { ByteQueue } from './byte-queue.js';

export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string };
}

interface StoredObject {
  readonly metadata: ApiObject['metadata'] & { readonly uid: string; readonly resourceVersion: string };
}

interface StoredEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
  readonly version: number;
}

type Selector = (object: ApiObject) => boolean;

interface OpenWatch {
  readonly path: string;
  readonly after: number;
  readonly selects: Selector;
  readonly body: ByteQueue;
}

interface Snapshot {
  readonly version: number;
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, StoredObject>>;
}

/** What a scripted answer is made of; the rest is as a server in order has it. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | ByteQueue;
  readonly error?: Error;
}

export const SERVICES = '/api/v1/services';
export const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';
export const NODES = '/api/v1/nodes';
export const SERVICE_CIDRS = '/apis/networking.k8s.io/v1/servicecidrs';

/**
 * An API server in memory, behind no network at all: it lists in pages, watches, streams listings and forgets its
 * history as a real one does. A test may answer any request itself, and do anything to the streams that are open.
 */
export class MemoryApi implements ApiTransport {
  readonly requests: string[] = [];
  /** Paths of those that want a table; they are not among the others. */
  readonly tables: string[] = [];
  /** Asked first; undefined leaves the request to the server. */
  script: (path: string) => Scripted | undefined = () => undefined;
  /** False: as a server before 1.27, or 1.33, which refuses the request. */
  streamsListings = true;
  /** False: nobody listens there. */
  acceptsConnections = true;
  /** Bare connection attempts so far. */
  probes = 0;
  /** Events of this type are cut into pieces so large. */
  pieceSize = Number.POSITIVE_INFINITY;
  #version = 1000;
  #uids = 0;
  #oldest = 0;
  #objects = new Map<string, Map<string, StoredObject>>();
  #events = new Map<string, StoredEvent[]>();
  #watches: OpenWatch[] = [];
  readonly #pages = new Map<string, readonly StoredObject[]>();

  get version(): number {
    return this.#version;
  }

  /** Paths of the requests so far, without the parts that differ by chance, and without those for the version alone. */
  asked(resource: string): string[] {
    return this.requests
      .filter((path) => !path.includes('limit=1&'))
      .filter((path) => path.startsWith(`${resource}?`))
      .map((path) => decodeURIComponent(path.slice(resource.length + 1).replace(/&timeoutSeconds=\d+/, '')))
      .map((query) => query.replace(/&(?:label|field)Selector=.*$/, ''));
  }

  openWatches(resource: string): ByteQueue[] {
    return this.#watches.filter(({ path, body }) => path === resource && body.isOpen).map(({ body }) => body);
  }

  async request({ path, accept = '' }: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    const wantsTable = accept.includes('as=Table');
    (wantsTable ? this.tables : this.requests).push(path);
    const scripted = this.script(path);
    if (scripted?.error !== undefined) throw scripted.error;
    const response =
      scripted !== undefined ? answer(scripted) : wantsTable ? this.#nodeTable(path) : this.#serve(path);
    const { body } = response;
    const abort = () => (body as ByteQueue).end(new TransportError('aborted', 'was aborted.'));
    signal.addEventListener('abort', abort);
    return response;
  }

  async isReachable(): Promise<boolean> {
    this.probes++;
    return this.acceptsConnections;
  }

  async close(): Promise<void> {
    this.breakAll();
  }

  put(resource: string, object: ApiObject): void {
    const before = this.#all(resource).get(keyOf(object));
    const uid = object.metadata.uid ?? before?.metadata.uid ?? `uid-${++this.#uids}`;
    const stored = this.#stamp(object, uid);
    this.#all(resource).set(keyOf(object), stored);
    this.#send(resource, before === undefined ? 'ADDED' : 'MODIFIED', stored);
  }

  delete(resource: string, object: ApiObject): void {
    const before = this.#all(resource).get(keyOf(object));
    if (before === undefined) return;
    this.#all(resource).delete(keyOf(object));
    this.#send(resource, 'DELETED', this.#stamp(before, before.metadata.uid));
  }

  bookmark(resource: string): void {
    for (const body of this.openWatches(resource)) this.#write(body, bookmarkLine(this.#version));
  }

  write(resource: string, text: string): void {
    for (const body of this.openWatches(resource)) body.write(text);
  }

  /** Sends the last event once more. */
  repeat(resource: string): void {
    const last = this.#events.get(resource)?.at(-1);
    if (last !== undefined) for (const body of this.openWatches(resource)) this.#write(body, eventLine(last));
  }

  /** Ends all streams in order, or breaks them. */
  endAll(): void {
    for (const { body } of this.#watches.splice(0)) body.end();
  }

  breakAll(error = new TransportError('lost', 'the connection was reset.')): void {
    for (const { body } of this.#watches.splice(0)) body.end(error);
  }

  /** From now on no watch can begin before this moment. */
  forgetHistory(): void {
    this.#oldest = this.#version;
    this.#events.clear();
    this.#pages.clear();
  }

  snapshot(): Snapshot {
    const objects = new Map([...this.#objects].map(([path, all]) => [path, new Map(all)]));
    return { version: this.#version, objects };
  }

  /** Back to an earlier state, with its versions, as etcd restored from a backup. */
  restore({ version, objects }: Snapshot): void {
    this.breakAll();
    this.#version = version;
    this.#objects = new Map([...objects].map(([path, all]) => [path, new Map(all)]));
    this.forgetHistory();
  }

  listed(resource: string): StoredObject[] {
    return [...this.#all(resource).values()];
  }

  #serve(path: string): ApiResponse {
    const url = new URL(path, 'http://memory');
    const query = url.searchParams;
    const from = query.get('resourceVersion') ?? '';
    if (query.get('watch') !== '1') return this.#page(url.pathname, query, from);
    const selects = selectorOf(query);
    if (query.get('sendInitialEvents') !== 'true') return this.#watch(url.pathname, from, selects);
    return this.streamsListings
      ? this.#streamListing(url.pathname, from, selects)
      : failure(422, 'is forbidden for watch');
  }

  #page(resource: string, query: URLSearchParams, from: string): ApiResponse {
    if (Number(from) > this.#version) return failure(504, `Too large resource version: ${from}`);
    const token = query.get('continue');
    const rest = token === null ? this.listed(resource).filter(selectorOf(query)) : this.#pages.get(token);
    if (rest === undefined) return failure(410, 'The provided continue parameter is too old.');
    const limit = Number(query.get('limit'));
    const next = rest.length > limit ? `${this.#version}/${this.requests.length}` : '';
    if (next !== '') this.#pages.set(next, rest.slice(limit));
    const metadata = { resourceVersion: String(this.#version), ...(next !== '' && { continue: next }) };
    const body = new ByteQueue();
    this.#write(body, JSON.stringify({ kind: 'List', metadata, items: rest.slice(0, limit) }));
    body.end();
    return ok(body);
  }

  #nodeTable(path: string): ApiResponse {
    const selects = selectorOf(new URL(path, 'http://memory').searchParams);
    const body = new ByteQueue();
    this.#write(body, JSON.stringify(nodeTable(this.listed(NODES).filter(selects), String(this.#version))));
    body.end();
    return ok(body);
  }

  #streamListing(resource: string, from: string, selects: Selector): ApiResponse {
    if (Number(from) > this.#version) return failure(504, `Too large resource version: ${from}`);
    const body = this.#open(resource, this.#version, selects);
    for (const object of this.listed(resource).filter(selects))
      this.#write(body, eventLine({ type: 'ADDED', object }));
    this.#write(body, bookmarkLine(this.#version, { 'k8s.io/initial-events-end': 'true' }));
    return ok(body);
  }

  #watch(resource: string, from: string, selects: Selector): ApiResponse {
    const after = Number(from);
    const body = this.#open(resource, after, selects);
    if (after < this.#oldest) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
      this.#write(body, `${JSON.stringify({ type: 'ERROR', object })}\n`);
      body.end();
    }
    for (const event of this.#events.get(resource) ?? [])
      if (event.version > after && selects(event.object)) this.#write(body, eventLine(event));
    return ok(body);
  }

  #open(path: string, after: number, selects: Selector): ByteQueue {
    const body = new ByteQueue();
    this.#watches.push({ path, after, selects, body });
    return body;
  }

  #all(resource: string): Map<string, StoredObject> {
    const known = this.#objects.get(resource);
    if (known !== undefined) return known;
    const created = new Map<string, StoredObject>();
    this.#objects.set(resource, created);
    return created;
  }

  #stamp(object: ApiObject, uid: string): StoredObject {
    const resourceVersion = String(++this.#version);
    return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
  }

  #send(resource: string, type: StoredEvent['type'], object: StoredObject): void {
    const event = { type, object, version: Number(object.metadata.resourceVersion) };
    this.#events.set(resource, [...(this.#events.get(resource) ?? []), event]);
    // A watch of the future receives nothing until the future has come.
    for (const { path, after, selects, body } of this.#watches)
      if (path === resource && event.version > after && selects(object)) this.#write(body, eventLine(event));
  }

  #write(body: ByteQueue, text: string): void {
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length; start += this.pieceSize)
      body.write(bytes.subarray(start, start + this.pieceSize));
  }
}

export function eventLine({ type, object }: { readonly type: string; readonly object: unknown }): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function bookmarkLine(version: number, annotations?: Record<string, string>): string {
  return eventLine({
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion: String(version), annotations } },
  });
}

// Of one Node by its name; labels are not looked at.
function selectorOf(query: URLSearchParams): Selector {
  const wanted = query.get('fieldSelector')?.replace('metadata.name=', '');
  return ({ metadata }) => wanted === undefined || metadata.name === wanted;
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function ok(body: ByteQueue): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

function failure(status: number, message: string): ApiResponse {
  return answer({ status, body: JSON.stringify({ kind: 'Status', code: status, message }) });
}

function answer({ status = 200, headers = {}, body = '' }: Scripted): ApiResponse {
  let queue: ByteQueue;
  if (typeof body === 'string') {
    queue = new ByteQueue();
    queue.write(body);
    queue.end();
  } else queue = body;
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: queue };
}
