import {
  type ApiAnswer,
  expired,
  failureAnswer,
  htmlAnswer,
  INTERNAL_ERROR,
  statusText,
  tooManyRequests,
} from './answer.js';
import type { ResourceName } from './resource.js';
import type { SpoiltLine } from './watch.js';

/**
 * An answer that takes the place of the right one. `gone` is a 410 before the watch begins; of html, the page comes
 * with that status, as from a proxy in between.
 */
export type WrongAnswer =
  | { readonly kind: 'gone' }
  | { readonly kind: 'too many requests'; readonly retryAfter: number }
  | { readonly kind: 'internal error' }
  | { readonly kind: 'html'; readonly status: number };

/**
 * What happens to one event of a watch. truncated: half a line, then a clean end. corrupt: a line that is no JSON, then
 * on it goes. interleaved: another line begins in the middle of it. gone: an ERROR event with code 410 instead of it.
 */
export type WrongLine = 'truncated' | 'corrupt' | 'interleaved' | 'gone';

/** Which requests are meant; all that is not said may be anything. */
export interface Target {
  readonly request?: 'list' | 'watch';
  readonly resource?: ResourceName;
}

interface Planned<T> {
  readonly what: T;
  readonly target: Target;
  left: number;
}

/** What goes wrong next with requests and watches. What goes wrong with connections is the business of the wire. */
export class Faults {
  #answers: Planned<WrongAnswer>[] = [];
  #lines: Planned<WrongLine>[] = [];

  /** The next requests of that sort are answered so. */
  answer(what: WrongAnswer, target: Target = {}, times = 1): void {
    this.#answers.push({ what, target, left: times });
  }

  /** The next events of watches are spoilt so. */
  line(what: WrongLine, target: Target = {}, times = 1): void {
    this.#lines.push({ what, target, left: times });
  }

  clear(): void {
    this.#answers = [];
    this.#lines = [];
  }

  /** True where every planned fault has happened. */
  get spent(): boolean {
    return [...this.#answers, ...this.#lines].every(({ left }) => left === 0);
  }

  /** The wrong answer that a request gets; undefined for the right one. */
  answerFor(request: Required<Target>): ApiAnswer | undefined {
    const what = take(this.#answers, request);
    return what && wrongAnswer(what);
  }

  spoil(line: string, resource: ResourceName): SpoiltLine {
    const what = take(this.#lines, { request: 'watch', resource });
    return what === undefined ? { text: line, ends: false } : spoilt(line, what);
  }
}

function take<T>(planned: readonly Planned<T>[], request: Required<Target>): T | undefined {
  const found = planned.find(
    ({ target, left }) =>
      left > 0 &&
      (target.request ?? request.request) === request.request &&
      (target.resource ?? request.resource) === request.resource,
  );
  if (found === undefined) return undefined;
  found.left -= 1;
  return found.what;
}

function wrongAnswer(what: WrongAnswer): ApiAnswer {
  switch (what.kind) {
    case 'gone':
      return failureAnswer(expired(1, 2));
    case 'too many requests':
      return tooManyRequests(what.retryAfter);
    case 'internal error':
      return failureAnswer(INTERNAL_ERROR);
    case 'html':
      return htmlAnswer(what.status);
  }
}

function spoilt(line: string, what: WrongLine): SpoiltLine {
  const half = line.slice(0, line.length / 2);
  switch (what) {
    case 'truncated':
      return { text: half, ends: true };
    case 'corrupt':
      return { text: `${half}\n`, ends: false };
    case 'interleaved':
      return { text: `${half}${line}`, ends: false };
    case 'gone':
      return { text: `{"type":"ERROR","object":${statusText(expired(1, 2))}}\n`, ends: true };
  }
}
