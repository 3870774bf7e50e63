import { type Answer, type Answered, answerOf } from './answer.js';
import type { Peers } from './peers.js';

/** An open connection that can be asked again later on; of UDP, a socket that keeps its source port. */
export class HeldConnection {
  /** The answer that came when it was opened. */
  readonly first: Answered;
  readonly #peers: Peers;
  readonly #number: number;

  constructor(peers: Peers, number: number, first: Answered) {
    this.#peers = peers;
    this.#number = number;
    this.first = first;
  }

  async again(): Promise<Answer> {
    return answerOf(await this.#peers.again(this.#number));
  }

  async close(): Promise<void> {
    await this.#peers.close(this.#number);
  }
}
