import { badRequest, type Failure, forbiddenOption } from './answer.js';
import { fieldSelector, labelSelector, type Selector, SelectorError } from './selector.js';

/** What the query of a list or a watch asks for, checked. */
export interface ListOptions {
  readonly watch: boolean;
  /** Undefined where nothing was said: the newest. */
  readonly resourceVersion: number | undefined;
  readonly exact: boolean;
  /** 0 for no limit. */
  readonly limit: number;
  readonly continue: string | undefined;
  readonly bookmarks: boolean;
  readonly initialEvents: boolean;
  /** Milliseconds; undefined for as long as the server likes. */
  readonly timeout: number | undefined;
  readonly selects: Selector;
}

/** A request that the server refuses for what it asks. */
export class RefusedOptions extends Error {
  override readonly name = 'RefusedOptions';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function listOptions(query: URLSearchParams, namespace: string | undefined): ListOptions {
  const watch = isSet(query, 'watch');
  const initialEvents = isSet(query, 'sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  checkMatch(query, { watch, match });
  return {
    watch,
    resourceVersion: number(query, 'resourceVersion'),
    exact: match === 'Exact',
    limit: number(query, 'limit') ?? 0,
    continue: query.get('continue') || undefined,
    bookmarks: isSet(query, 'allowWatchBookmarks'),
    initialEvents,
    timeout: milliseconds(number(query, 'timeoutSeconds')),
    selects: selectorOf(query, namespace),
  };
}

// The rules of ValidateListOptions in k8s.io/apimachinery.
function checkMatch(query: URLSearchParams, { watch, match }: { watch: boolean; match: string }): void {
  if (query.has('sendInitialEvents')) {
    if (!watch) refuse('sendInitialEvents', 'sendInitialEvents is forbidden for list');
    if (match !== 'NotOlderThan')
      refuse(
        'resourceVersionMatch',
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      );
    return;
  }
  if (match === '') return;
  if (watch) refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch');
  if ((query.get('resourceVersion') ?? '') === '')
    refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
}

function refuse(field: string, why: string): never {
  throw new RefusedOptions(forbiddenOption(field, why));
}

function selectorOf(query: URLSearchParams, namespace: string | undefined): Selector {
  try {
    const byLabel = labelSelector(query.get('labelSelector') ?? '');
    const byField = fieldSelector(query.get('fieldSelector') ?? '');
    return (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      byLabel(object) &&
      byField(object);
  } catch (error) {
    if (error instanceof SelectorError) throw new RefusedOptions(badRequest(error.message));
    throw error;
  }
}

function isSet(query: URLSearchParams, name: string): boolean {
  return ['true', '1'].includes(query.get(name) ?? '');
}

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) throw new RefusedOptions(badRequest(`invalid ${name}: ${JSON.stringify(text)}`));
  return Number(text);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
}
