import { CODES, type Code } from './codes.js';

/** Where something was seen: asked of the API, on this node, by a connection that was tried, in what passed through. */
export type Place = 'API' | 'Node' | 'Tried' | 'Seen';

/** Something that was found out about a Service. */
export interface Finding {
  readonly code: Code;
  /** cause: it explains why clients are not served. remark: worth knowing, and nobody suffers from it for certain. */
  readonly weight: 'cause' | 'remark';
  readonly place: Place;
  /** What it is about: an endpoint, a frontend, a sysctl. */
  readonly about: string;
  /** One sentence without a full stop; it stands by itself. */
  readonly sentence: string;
  /** What would mend it, where that is more than what the code says. */
  readonly remedy: string;
}

type FindingText = Pick<Finding, 'place' | 'about' | 'sentence'> & { readonly remedy?: string };

export function cause(code: Code, text: FindingText): Finding {
  return { code, weight: 'cause', remedy: CODES[code].remedy, ...text };
}

export function remark(code: Code, text: FindingText): Finding {
  return { code, weight: 'remark', remedy: CODES[code].remedy, ...text };
}

const MOST_NAMED = 3;

/** `10.244.0.5:80, 10.244.0.6:80 and 4 more`. */
export function named(all: Iterable<string>): string {
  const names = [...new Set(all)];
  const more = names.length - MOST_NAMED;
  const first = names.slice(0, MOST_NAMED).join(', ');
  return more > 0 ? `${first} and ${more} more` : first;
}
