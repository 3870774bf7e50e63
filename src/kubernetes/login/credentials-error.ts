import { type Problem, problemText } from '../../model/problem.js';

/** Why no credentials can be had. Never holds a secret: places and lengths, not values. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problemText(problem));
    this.problem = problem;
  }
}

/** Where something was found, as a person would look for it. */
export interface Place {
  /** The file or other source: `kubeconfig /etc/kubeconfig.conf`, `service account`. */
  readonly subject: string;
  /** The path in it: `users[0].user.tokenFile`. */
  readonly field?: string;
}

/** `message` and `remedy` are one sentence each, without and with the full stop as `Problem` has them. */
export function credentialsError(place: Place, message: string, remedy: string): CredentialsError {
  return new CredentialsError(credentialsProblem(place, message, remedy));
}

export function credentialsProblem(place: Place, message: string, remedy: string): Problem {
  return { kind: 'source', ...place, message, remedy };
}
