import {
  type ApiAnswer,
  badRequest,
  CONTINUE_EXPIRED,
  expired,
  failureAnswer,
  jsonAnswer,
} from './answer.js';
import type { ListOptions } from './list-options.js';
import { nodeTable } from './node-table.js';
import type { ObjectStore } from './object-store.js';
import { apiVersionOf, type Resource } from './resource.js';
import type { StoredObject } from './stored-object.js';

/** Where the next page begins, and of which state: all pages of one list show the same. */
interface Continuation {
  readonly v: 'meta.k8s.io/v1';
  readonly rv: number;
  /** The last key that was told. */
  readonly start: string;
}

interface Page {
  readonly version: number;
  readonly items: readonly StoredObject[];
  readonly continuation?: Continuation;
  readonly remaining?: number;
}

/** A list, or a page of it. The resourceVersion that was asked for is not too large. */
export function answerList(
  store: ObjectStore,
  resource: Resource,
  options: ListOptions,
  form: 'list' | 'table' = 'list',
): ApiAnswer {
  const continuation = decoded(options.continue);
  if (continuation === 'unreadable') return failureAnswer(badRequest('continue key is not valid'));
  const version = continuation?.rv ?? versionOf(store, options);
  const state = store.listAt(resource.name, version);
  if ('kind' in state)
    return failureAnswer(continuation === undefined ? expired(version, state.oldest) : CONTINUE_EXPIRED);
  const rest = state.filter(
    ({ key, object }) => key > (continuation?.start ?? '') && options.selects(object),
  );
  const page = pageOf(rest, version, limitOf(options));
  return jsonAnswer(200, form === 'table' ? tableText(page) : listText(resource, page));
}

// Only an exact match wants the past: "not older than" may be the newest.
function versionOf(store: ObjectStore, { exact, resourceVersion }: ListOptions): number {
  return exact && resourceVersion !== undefined ? resourceVersion : store.resourceVersion;
}

// From its watch cache the API server answers in one piece, whatever the limit.
function limitOf({ limit, resourceVersion, continue: token }: ListOptions): number {
  return resourceVersion === 0 && token === undefined ? 0 : limit;
}

function pageOf(rest: readonly StoredObject[], version: number, limit: number): Page {
  const items = limit === 0 ? rest : rest.slice(0, limit);
  const last = items.at(-1);
  if (items.length === rest.length || last === undefined) return { version, items };
  return {
    version,
    items,
    continuation: { v: 'meta.k8s.io/v1', rv: version, start: last.key },
    remaining: rest.length - items.length,
  };
}

function listText(resource: Resource, { version, items, continuation, remaining }: Page): string {
  const metadata = JSON.stringify({
    resourceVersion: String(version),
    ...(continuation && { continue: encoded(continuation), remainingItemCount: remaining }),
  });
  const texts = items.map(({ item }) => item).join(',');
  return `{"kind":"${resource.kind}List","apiVersion":"${apiVersionOf(resource)}","metadata":${metadata},"items":[${texts}]}`;
}

function tableText({ version, items, continuation }: Page): string {
  const nodes = items.map(({ object }) => object);
  return JSON.stringify(nodeTable(nodes, String(version), continuation && encoded(continuation)));
}

function encoded(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation)).toString('base64url');
}

function decoded(token: string | undefined): Continuation | undefined | 'unreadable' {
  if (token === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as Continuation;
  } catch {
    return 'unreadable';
  }
}
