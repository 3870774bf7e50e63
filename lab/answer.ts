import { type Address, parseAddress } from '../src/model/address.js';
import type { PeerReply } from './peers.js';

/** What became of one request. `milliseconds` is what the client waited. */
export type Answer = Answered | Unanswered;

export interface Answered {
  readonly kind: 'answered';
  /** The pod that answered. */
  readonly pod: string;
  /** The client as that pod saw it. */
  readonly client: Address;
  readonly clientPort: number;
  readonly milliseconds: number;
}

interface Unanswered {
  readonly kind: Refusal;
  readonly milliseconds: number;
}

/** refused and unreachable come at once, by a packet; timed out: nothing came at all. */
export type Refusal = 'refused' | 'reset' | 'timed out' | 'unreachable';

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ECONNREFUSED: 'refused',
  // What a datagram's sender hears when the output hook of its own machine refuses it.
  EPERM: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

export function answerOf({ good, milliseconds, words }: PeerReply): Answer {
  if (!good) return { kind: refusalOf(words[0] ?? ''), milliseconds };
  const [pod = '', address = '', port] = words;
  const client = parseAddress(address);
  if (client === undefined) throw new TypeError(`not an answer: ${words.join(' ')}`);
  return { kind: 'answered', pod, client, clientPort: Number(port), milliseconds };
}

function refusalOf(code: string): Refusal {
  const refusal = REFUSALS[code];
  if (refusal === undefined) throw new Error(`lab-peers: the request failed with ${code}`);
  return refusal;
}
