import { setTimeout as sleep } from 'node:timers/promises';
import { gzip } from 'node:zlib';
import type { Access, Verb } from './access.js';
import {
  type ApiAnswer,
  badRequest,
  type Failure,
  failureAnswer,
  forbiddenOption,
  jsonAnswer,
  notFound,
  PAGE_NOT_FOUND,
  statusText,
  textAnswer,
  tooLargeVersion,
} from './answer.js';
import type { Faults } from './faults.js';
import { answerList } from './list.js';
import { type ListOptions, listOptions, RefusedOptions } from './list-options.js';
import type { ObjectStore } from './object-store.js';
import { acceptObject, bodyOf } from './post.js';
import { apiVersionOf, type Subject, subjectOf } from './resource.js';
import { commonNameOf, type ServerAnswer, type ServerRequest } from './tls-server.js';
import { Watch, type WatchOutput } from './watch.js';

/** What this server can do; some real ones cannot. May be changed at any time. Times in milliseconds. */
export interface Features {
  /** sendInitialEvents; without it 422. */
  watchList: boolean;
  /** networking.k8s.io/v1 servicecidrs; without it 404. */
  serviceCIDRs: boolean;
  /** Between two bookmarks of a watch. */
  bookmarkInterval: number;
  /** Watches end after so long, whatever was asked for; undefined for as asked. */
  watchLifetime: number | undefined;
  /** How long a request waits for a resourceVersion that is not there yet before it gets 504. */
  freshness: number;
}

export const DEFAULT_FEATURES: Features = {
  watchList: true,
  serviceCIDRs: true,
  bookmarkInterval: 60_000,
  watchLifetime: undefined,
  freshness: 3000,
};

/** One request as it came, for tests that ask what a client did. */
interface RequestRecord {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** `2.0` or `1.1`. */
  readonly httpVersion: string;
}

interface Asked {
  readonly request: ServerRequest;
  readonly subject: Subject;
  readonly query: URLSearchParams;
}

const VERSION = jsonAnswer(200, JSON.stringify({ major: '1', minor: '36', gitVersion: 'v1.36.0' }));

const GZIP_FROM = 128 * 1024;

/** Takes requests, judges who may ask what, and answers. */
export class RequestDesk {
  readonly features: Features;
  readonly requests: RequestRecord[] = [];
  readonly #store: ObjectStore;
  readonly #access: Access;
  readonly #faults: Faults;
  readonly #watches = new Set<Watch>();

  constructor(store: ObjectStore, access: Access, faults: Faults, features: Features) {
    this.#store = store;
    this.#access = access;
    this.#faults = faults;
    this.features = features;
  }

  get watchCount(): number {
    return this.#watches.size;
  }

  /** Ends every watch as if its time were over. */
  expireWatches(): void {
    for (const watch of this.#watches) watch.expire();
  }

  /** Every watch of now says nothing more, until `releaseWatches`; lists are answered as ever. */
  holdWatches(): void {
    for (const watch of this.#watches) watch.hold();
  }

  releaseWatches(): void {
    for (const watch of this.#watches) watch.release();
  }

  /** Ends every watch with an ERROR event. */
  failWatches(failure: { readonly code: number; readonly message: string; readonly reason?: string }): void {
    for (const watch of this.#watches) watch.fail(statusText(failure));
  }

  close(): void {
    for (const watch of this.#watches) watch.end();
  }

  take(request: ServerRequest, answer: ServerAnswer): void {
    answer.on('error', () => undefined);
    const { method = 'GET', url = '/', httpVersion } = request;
    this.requests.push({ method, path: url, httpVersion });
    this.#answer(request, answer).catch((error: unknown) => {
      if (answer.headersSent) answer.destroy();
      else send(request, answer, wrong(error));
    });
  }

  /** Undefined where whoever asks may do it. */
  refusal(request: ServerRequest, verb: Verb, subject: Subject): Failure | undefined {
    return this.#access.refusal(this.#userOf(request), verb, subject);
  }

  async #answer(request: ServerRequest, answer: ServerAnswer): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'https://api');
    if (pathname === '/version') return send(request, answer, VERSION);
    const subject = subjectOf(pathname);
    if (subject === undefined || !this.#isServed(subject)) return send(request, answer, PAGE_NOT_FOUND);
    const verb = verbOf(request.method, query, subject);
    const wrongAnswer = this.#wrongAnswer(verb, subject);
    if (wrongAnswer !== undefined) return send(request, answer, wrongAnswer);
    const refusal = this.refusal(request, verb, subject);
    if (refusal !== undefined) return send(request, answer, failureAnswer(refusal));
    const asked = { request, subject, query };
    if (verb === 'watch') return this.#watch(asked, answer);
    send(request, answer, await this.#reply(verb, asked));
  }

  #isServed({ resource }: Subject): boolean {
    return resource.name !== 'servicecidrs' || this.features.serviceCIDRs;
  }

  #wrongAnswer(verb: Verb, { resource }: Subject): ApiAnswer | undefined {
    if (verb !== 'list' && verb !== 'watch') return undefined;
    return this.#faults.answerFor({ request: verb, resource: resource.name });
  }

  #userOf(request: ServerRequest) {
    const { authorization } = request.headers;
    return this.#access.userOf({ authorization, commonName: commonNameOf(request) });
  }

  async #reply(verb: Verb, { request, subject, query }: Asked): Promise<ApiAnswer> {
    switch (verb) {
      case 'list':
        return this.#list(subject, listOptions(query, subject.namespace), request.headers.accept);
      case 'get':
        return this.#get(subject);
      default:
        return acceptObject(this.#store, subject, verb, await bodyOf(request));
    }
  }

  async #list({ resource }: Subject, options: ListOptions, accept = ''): Promise<ApiAnswer> {
    const wantsTable = accept.includes(';as=Table');
    if (wantsTable && resource.name !== 'nodes') return failureAnswer(NO_TABLE);
    const late = await this.#waitFor(options);
    return late ?? answerList(this.#store, resource, options, wantsTable ? 'table' : 'list');
  }

  #get({ resource, namespace, name = '' }: Subject): ApiAnswer {
    const found = this.#store.get(resource.name, namespace === undefined ? name : `${namespace}/${name}`);
    if (found === undefined) return failureAnswer(notFound(resource.name, name));
    return jsonAnswer(200, found.text(resource.kind, apiVersionOf(resource)));
  }

  async #watch({ request, subject, query }: Asked, answer: ServerAnswer): Promise<void> {
    const asked = listOptions(query, subject.namespace);
    if (asked.initialEvents && !this.features.watchList) throw new RefusedOptions(NO_WATCH_LIST);
    const late = asked.initialEvents ? await this.#waitFor(asked) : undefined;
    if (late !== undefined) return send(request, answer, late);
    const options = { ...asked, timeout: this.features.watchLifetime ?? asked.timeout };
    answer.writeHead(200, { 'content-type': 'application/json' });
    // Headers go at once, as they do at a real server, which has nothing to say for minutes perhaps.
    if ('flushHeaders' in answer) answer.flushHeaders();
    const settings = {
      bookmarkInterval: this.features.bookmarkInterval,
      spoil: (line: string) => this.#faults.spoil(line, subject.resource.name),
    };
    const watch = new Watch(this.#store, subject.resource, options, settings, answer as WatchOutput);
    this.#watches.add(watch);
    answer.on('close', () => this.#watches.delete(watch));
    watch.begin();
  }

  // A version of the future may be one that another server of the cluster has told already.
  async #waitFor({ resourceVersion = 0 }: ListOptions): Promise<ApiAnswer | undefined> {
    if (resourceVersion <= this.#store.resourceVersion) return undefined;
    await sleep(this.features.freshness);
    const { resourceVersion: current } = this.#store;
    return resourceVersion > current
      ? failureAnswer(tooLargeVersion(resourceVersion, current), { 'retry-after': '1' })
      : undefined;
  }
}

const NO_TABLE = {
  code: 406,
  reason: 'NotAcceptable',
  message: 'this test server makes tables of Nodes only',
};

const NO_WATCH_LIST = forbiddenOption(
  'sendInitialEvents',
  'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
);

function verbOf(method: string | undefined, query: URLSearchParams, { name }: Subject): Verb {
  if (method === 'POST') return 'create';
  if (method === 'PATCH') return 'patch';
  if (['1', 'true'].includes(query.get('watch') ?? '')) return 'watch';
  return name === undefined ? 'list' : 'get';
}

function wrong(error: unknown): ApiAnswer {
  if (error instanceof RefusedOptions) return failureAnswer(error.failure);
  if (error instanceof SyntaxError) return failureAnswer(badRequest(error.message));
  return textAnswer(500, `Internal Server Error: ${error instanceof Error ? error.message : String(error)}`);
}

// Above 128 KiB the API server compresses, and only what is no watch.
function send(request: ServerRequest, answer: ServerAnswer, { status, headers, body }: ApiAnswer): void {
  const bytes = Buffer.from(body);
  const isWanted = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (!isWanted || bytes.length < GZIP_FROM) {
    answer.writeHead(status, { ...headers, 'content-length': String(bytes.length) });
    answer.end(bytes);
    return;
  }
  gzip(bytes, { level: 1 }, (_, compressed) => {
    answer.writeHead(status, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    answer.end(compressed);
  });
}
