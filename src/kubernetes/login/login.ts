import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Problem } from '../../model/problem.js';
import { credentialsError, credentialsProblem, type Place } from './credentials-error.js';

/** Header values by name; several values are several headers. */
export type LoginHeaders = Readonly<Record<string, string | string[]>>;

/** Where the API server is, whom to trust there and how to say who we are. Good at the moment it was read. */
export interface Login {
  /** `https://` or `http://`, with the path that stands before every request's. */
  readonly server: URL;
  /** Authorization and impersonation. Secret. */
  readonly headers: LoginHeaders;
  /** Signs the server's certificate; undefined: the authorities that Node knows. */
  readonly authority: Pem | undefined;
  /** False only where the kubeconfig says `insecure-skip-tls-verify`. */
  readonly verify: boolean;
  /** The name in the server's certificate where it is not the host of `server`. */
  readonly serverName: string | undefined;
  /** Ours, where the server asks for one. */
  readonly pair: Pair | undefined;
  /** The proxy that a CONNECT goes to. */
  readonly proxy: URL | undefined;
  /** Whether the server may compress. */
  readonly gzip: boolean;
}

export interface Pair {
  readonly certificate: Pem;
  readonly key: Pem;
}

/** Throws CredentialsError where certificate, key or CA is none. Answers what a person should know of the rest. */
export function checkLogin(login: Login, now = new Date()): readonly Problem[] {
  if (login.authority !== undefined) checkCertificates(login.authority);
  return [...expiryProblems(login, now), ...openTextProblems(login)];
}

/** Two logins with one key can share a connection; they differ at most in the headers. */
export function connectionKey({ server, authority, verify, serverName, pair, proxy }: Login): string {
  const hash = createHash('sha256');
  const names = [server.origin, String(verify), serverName ?? '', proxy?.href ?? ''];
  const texts = [authority?.text, pair?.certificate.text, pair?.key.text];
  for (const name of names) hash.update(`${name}\n`);
  for (const text of texts) hash.update(`${text?.length ?? '-'}\n`).update(text ?? '');
  return hash.digest('hex');
}

/** Whether the server would see another caller, or be another. */
export function sameLogin(one: Login, other: Login): boolean {
  return (
    connectionKey(one) === connectionKey(other) &&
    JSON.stringify(one.headers) === JSON.stringify(other.headers)
  );
}

function expiryProblems({ pair }: Login, now: Date): readonly Problem[] {
  if (pair === undefined) return [];
  const until = new Date(checkPair(pair.certificate, pair.key).validTo);
  if (until > now) return [];
  const message = `the client certificate expired on ${until.toISOString()}.`;
  return [credentialsProblem(pair.certificate.place, message, 'Renew it; it is read again at once.')];
}

function openTextProblems({ server, headers }: Login): readonly Problem[] {
  const local = /^(localhost|127\..*|\[::1\])$/.test(server.hostname);
  if (server.protocol !== 'http:' || local || headers.authorization === undefined) return [];
  const message = 'a token goes over the network in clear text, because the address begins with http://.';
  return [credentialsProblem({ subject: `API server ${server.host}` }, message, 'Use https://.')];
}

/** Certificates or a key as text between BEGIN and END lines, and where they come from. */
export interface Pem {
  readonly text: Buffer;
  readonly place: Place;
}

/** Node passes silently over CA text it cannot read, and then trusts nobody: refused here instead. */
function checkCertificates(pem: Pem): X509Certificate {
  try {
    return new X509Certificate(pem.text);
  } catch {
    throw credentialsError(pem.place, 'holds no PEM certificate.', 'Put one there, with its BEGIN line.');
  }
}

/** While a pair is being replaced one half may be new and the other old; that too is found here. */
function checkPair(certificate: Pem, key: Pem): X509Certificate {
  const x509 = checkCertificates(certificate);
  if (x509.checkPrivateKey(parsedKey(key))) return x509;
  const message = `is not the key of the certificate in ${certificate.place.field ?? certificate.place.subject}.`;
  throw credentialsError(key.place, message, 'Put the two halves of one pair there.');
}

function parsedKey(key: Pem): KeyObject {
  try {
    return createPrivateKey(key.text);
  } catch {
    throw credentialsError(key.place, 'holds no PEM key without a passphrase.', 'Put one there.');
  }
}
