import type { Problem } from '../../model/problem.js';
import type { ProblemsFound } from '../../model/problem-board.js';
import { CredentialsError } from './credentials-error.js';
import { checkLogin, type Login } from './login.js';

/** `refused`: the server did not accept the last answer, so nothing remembered may be used again. */
type LoginReader = (refused: boolean) => Promise<Login>;

export interface CredentialsOptions {
  /** Milliseconds for which what was read is used without another look at the files. 10000 unless said. */
  readonly maxAge?: number;
  /** Called with `problems` when they are others than before. */
  readonly problemsFound?: ProblemsFound;
}

/**
 * How to log in, kept fresh: tokens, CA and certificates are replaced under way, and the kubeconfig may be. What was
 * good stays in use while the files cannot be read.
 */
export class Credentials {
  readonly #read: LoginReader;
  readonly #maxAge: number;
  readonly #problemsFound: ProblemsFound;
  #login: Login | undefined;
  #lookAgainAt = 0;
  #refused = false;
  #reading: Promise<Login> | undefined;
  #problems: readonly Problem[] = [];

  constructor(read: LoginReader, options: CredentialsOptions = {}) {
    this.#read = read;
    this.#maxAge = options.maxAge ?? 10_000;
    this.#problemsFound = options.problemsFound ?? (() => undefined);
  }

  /** What is wrong with them at this moment: unreadable though an older state is in use, expired, in clear text. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Rejects with CredentialsError where none could ever be read. */
  login(): Promise<Login> {
    const fresh = !this.#refused && performance.now() < this.#lookAgainAt;
    if (this.#login !== undefined && fresh) return Promise.resolve(this.#login);
    this.#reading ??= this.#look().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** The server refused them, or could not be trusted: the next `login` reads everything anew. */
  refuse(): void {
    this.#refused = true;
  }

  async #look(): Promise<Login> {
    const refused = this.#refused;
    this.#refused = false;
    try {
      const login = await this.#read(refused);
      this.#report(checkLogin(login));
      this.#login = login;
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      if (this.#login === undefined) throw error;
      this.#report([stillInUse(error.problem)]);
    }
    this.#lookAgainAt = performance.now() + this.#maxAge;
    return this.#login;
  }

  #report(problems: readonly Problem[]): void {
    if (JSON.stringify(problems) === JSON.stringify(this.#problems)) return;
    this.#problems = problems;
    this.#problemsFound(problems);
  }
}

function stillInUse(problem: Problem): Problem {
  return { ...problem, message: `${problem.message.replace(/\.$/, '')}; what was read before stays in use.` };
}
