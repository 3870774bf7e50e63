import { type Failure, UNAUTHORIZED } from './answer.js';
import type { Subject } from './resource.js';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch';

/** Somebody whom the server knows, or `system:anonymous`. */
export interface User {
  readonly name: string;
}

/** How a request says who it comes from. */
export interface Credentials {
  readonly authorization: string | undefined;
  /**
   * Of a client certificate that the server's own authority has signed; undefined without one, null for a strange one.
   */
  readonly commonName: string | undefined | null;
}

/** To do one thing with one resource. */
export interface Right {
  readonly verb: Verb;
  /** `services` */
  readonly resource: string;
}

const KUBE_PROXY = 'system:serviceaccount:kube-system:kube-proxy';
const ANONYMOUS: User = { name: 'system:anonymous' };

/** Who may come in, and what they may do: everything, unless it is denied. */
export class Access {
  readonly #tokens = new Map<string, User>();
  #denials: readonly Right[] = [];
  #rights: readonly Right[] | undefined;

  allowToken(token: string, name = KUBE_PROXY): void {
    this.#tokens.set(token, { name });
  }

  /** Requests with it get 401 from now on; as everywhere, a watch under way was checked at its beginning. */
  revokeToken(token: string): void {
    this.#tokens.delete(token);
  }

  /** These and no others. */
  deny(denials: readonly Right[]): void {
    this.#denials = denials;
  }

  /** These and nothing else, as where everybody has what a Role gives. */
  allowOnly(rights: readonly Right[]): void {
    this.#rights = rights;
  }

  /** Undefined where the credentials are wrong; without any it is somebody anonymous, who may do nothing. */
  userOf({ authorization, commonName }: Credentials): User | undefined {
    if (authorization !== undefined) return this.#tokens.get(authorization.replace(/^Bearer /, ''));
    if (commonName === null) return undefined;
    return commonName === undefined ? ANONYMOUS : { name: commonName };
  }

  /** Undefined where nothing is in the way. */
  refusal(user: User | undefined, verb: Verb, subject: Subject): Failure | undefined {
    if (user === undefined) return UNAUTHORIZED;
    const { name: resource } = subject.resource;
    const isIn = (rights: readonly Right[]) =>
      rights.some((right) => right.verb === verb && right.resource === resource);
    const isDenied = isIn(this.#denials) || (this.#rights !== undefined && !isIn(this.#rights));
    return isDenied || user === ANONYMOUS ? forbidden(user, verb, subject) : undefined;
  }
}

function forbidden(user: User, verb: Verb, { resource, namespace, name }: Subject): Failure {
  const { name: plural, group } = resource;
  const object = name === undefined ? plural : `${plural} "${name}"`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${object} is forbidden: User "${user.name}" cannot ${verb} resource "${plural}" in API group "${group}" ${where}`,
    details: { ...(name !== undefined && { name }), ...(group !== '' && { group }), kind: plural },
  };
}
