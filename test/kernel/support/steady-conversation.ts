import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../../lab/answer.js';
import type { HeldConnection } from '../../../lab/held-connection.js';

/** Milliseconds between an answer and the next question. */
const PAUSE = 50;

/** One connection that is asked without a break, as a database client would, until it is ended. */
export class SteadyConversation {
  readonly answers: Answer[] = [];
  readonly #connection: HeldConnection;
  readonly #ended: Promise<void>;
  #over = false;

  constructor(connection: HeldConnection) {
    this.#connection = connection;
    this.#ended = this.#talk();
  }

  /** The pods that answered since the beginning, and anything that was no answer. */
  get voices(): string[] {
    return [
      ...new Set(this.answers.map((answer) => (answer.kind === 'answered' ? answer.pod : answer.kind))),
    ];
  }

  /** The longest wait for an answer, in milliseconds, as the client saw it. */
  get longestWait(): number {
    return Math.max(...this.answers.map(({ milliseconds }) => milliseconds));
  }

  /** May be called again. */
  async end(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#ended;
    await this.#connection.close();
  }

  async #talk(): Promise<void> {
    while (!this.#over) {
      this.answers.push(await this.#connection.again());
      await sleep(PAUSE);
    }
  }
}
