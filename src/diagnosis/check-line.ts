import type { AgentFact, ApiServerFact, NodeCondition } from '../model/node-condition.js';
import { CODES, type Code } from './codes.js';

/** One line of `check`. */
export interface CheckLine {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** problem: Services suffer from it. remark: worth knowing. unknown: it could not be found out. */
  readonly verdict: 'fine' | 'remark' | 'problem' | 'unknown';
  /** Without a full stop. */
  readonly sentence: string;
  /** With anything but fine: what it is, what would mend it, and where more is said. */
  readonly code?: Code;
  readonly hint?: string;
  readonly link?: string;
}

export type Said = Omit<CheckLine, 'name'>;

export function fine(sentence: string): Said {
  return { verdict: 'fine', sentence };
}

export function remark(code: Code, sentence: string): Said {
  return withCode('remark', code, sentence);
}

export function problem(code: Code, sentence: string): Said {
  return withCode('problem', code, sentence);
}

export function unknown(sentence: string): Said {
  return withCode('unknown', 'KIP709', sentence);
}

export const NOT_READ = (why: string) => `not read: ${why}`;

function withCode(verdict: CheckLine['verdict'], code: Code, sentence: string): Said {
  return { verdict, sentence, code, hint: CODES[code].remedy, link: linkTo(code) };
}

/** The section of the page, as its heading becomes an anchor: in small letters, without punctuation. */
function linkTo(code: Code): string {
  const heading = `${code} ${CODES[code].title}`.toLowerCase();
  const anchor = heading.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
  return `docs/troubleshooting.md#${anchor}`;
}

/** Everything that `check` has found out. */
export interface NodeEvidence {
  readonly agent: AgentFact;
  /** Undefined where nobody can be asked who knows the API server; a text says why the answer is missing. */
  readonly apiServer: ApiServerFact | string | undefined;
  readonly node: NodeCondition;
}

/** Nothing of ours is there yet: what the agent sets up is not missed. */
export function isBefore({ agent, node }: Pick<NodeEvidence, 'agent' | 'node'>): boolean {
  return agent.kind === 'silent' && node.rules.frontends === 0;
}
