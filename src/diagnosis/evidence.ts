import { type Address, familyOf } from '../model/address.js';
import { type FrontendKey, outsideKey } from '../model/frontend.js';
import type { KernelFacts, KernelFrontend, TriedConnection } from '../model/kernel-facts.js';
import type { FrontendFacts, ServiceAnswer } from '../model/service-facts.js';
import type { ServiceKey } from '../model/service-key.js';
import { CODES, type Code } from './codes.js';

/** Whose connections are asked about. anyone: of the pods of the cluster. */
export type Client =
  | { readonly kind: 'anyone' | 'node' | 'outside' }
  | { readonly kind: 'address'; readonly address: Address };

/** What somebody wants to know. */
export interface Question {
  /** Undefined where an address is asked about that nobody knows a Service of. */
  readonly service: ServiceKey | undefined;
  readonly vip: Address | undefined;
  readonly port: number | undefined;
  readonly client: Client;
}

/** All that was found out for it. */
export interface Evidence {
  readonly question: Question;
  /** Undefined: no agent answers. */
  readonly answer: ServiceAnswer | undefined;
  /** Why none answers, where it is not that none runs. */
  readonly agentFailure?: string | undefined;
  /** Undefined: it could not be read; `kernelFailure` says why. */
  readonly kernel: KernelFacts | undefined;
  readonly kernelFailure?: string | undefined;
  /** Undefined: nothing was tried. */
  readonly tried: readonly TriedConnection[] | undefined;
}

/** One frontend that is asked about, as the agent has it and as the kernel has it. */
export interface Focus {
  readonly key: FrontendKey;
  readonly wanted: FrontendFacts | undefined;
  readonly seen: KernelFrontend | undefined;
}

/**
 * The frontends that are asked about, each as the client sees it: of two views the one that clients inside have, unless
 * it is outside.
 */
export function focusOf({ question, answer, kernel }: Evidence): readonly Focus[] {
  const seen = new Map((kernel?.frontends ?? []).map((frontend) => [frontend.key, frontend]));
  const frontends = answer?.found?.frontends;
  const candidates = frontends ?? [...seen.values()];
  const asked = candidates.filter((frontend) => isAsked(frontend, question));
  const inside = new Set(asked.filter(({ mark }) => mark !== 0).map(({ key }) => outsideKey(key)));
  return asked
    .filter(({ key, mark }) => (question.client.kind === 'outside' ? mark === 0 : !inside.has(key)))
    .map(({ key }) => ({
      key,
      wanted: frontends?.find((wanted) => wanted.key === key),
      seen: seen.get(key),
    }));
}

export function isAsked(
  { address, port }: { readonly address: Address; readonly port: number },
  { vip, port: asked, client }: Question,
): boolean {
  // Nobody reaches an address of the other family.
  if (client.kind === 'address' && familyOf(client.address) !== familyOf(address)) return false;
  return (vip === undefined || vip === address) && (asked === undefined || asked === port);
}

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
