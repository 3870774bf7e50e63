import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { shown } from '../../files/shown.js';
import type { Login } from '../login/login.js';
import { TransportError } from './api-transport.js';

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND:
    'its name cannot be resolved; the DNS of the cluster works only through this program, so use an address, or dnsPolicy Default',
  EAI_AGAIN: 'its name cannot be resolved for now; look at the DNS servers of this node',
  ECONNREFUSED: 'nobody listens there; look whether the API server runs and the port is right',
  EHOSTUNREACH: 'the host cannot be reached; look at routes and firewalls',
  ENETUNREACH: 'the network cannot be reached; look at the routes of this node',
  ETIMEDOUT: 'it does not answer; look at routes and firewalls',
};

/** Says of one server what went wrong on the way to it. Classified here once; others ask for `kind`. */
export class ServerFailures {
  readonly #login: Login;

  constructor(login: Login) {
    this.#login = login;
  }

  get name(): string {
    const via = this.#login.proxy === undefined ? '' : ` through the proxy ${this.#login.proxy.host}`;
    return `the API server ${this.#login.server.host}${via}`;
  }

  /** What broke a connection that stood; undefined where it just ended. `answered`: it had been of use. */
  failure(error: unknown, answered = true): TransportError {
    if (error instanceof TransportError) return error;
    const code = errorCode(error);
    if (code?.startsWith('ERR_SSL_')) return this.#tls(code, error);
    if (code === 'ETIMEDOUT') return this.#error('silent', 'no longer answers (ETIMEDOUT)', error);
    const how = code === undefined ? '' : ` (${code})`;
    return this.#error('lost', `the connection broke${how}${answered ? '' : this.#hint()}`, error);
  }

  /** Why no connection came about. */
  unreachable(error: unknown): TransportError {
    if (error instanceof TransportError) return error;
    const code = errorCode(error);
    const known = UNREACHABLE[code ?? ''];
    const how = code === undefined ? '' : ` (${code})`;
    return this.#error('connect', `${known ?? 'the connection cannot be made'}${how}`, error);
  }

  /** Why TLS did not come about, leaving aside the server's certificate. */
  unsecured(error: unknown): TransportError {
    const code = errorCode(error);
    if (code?.startsWith('ERR_SSL_')) return this.#tls(code, error);
    const message = `the connection ended before TLS was agreed on${code === undefined ? '' : ` (${code})`}`;
    return this.#error('connect', `${message}; look for a load balancer without a server behind it`, error);
  }

  silent(): TransportError {
    return this.#error('silent', 'nothing was received any more, and a probe was not answered');
  }

  /** Where nothing can be asked for a sign of life. */
  quiet(): TransportError {
    return this.#error('silent', 'nothing was received any more');
  }

  noAnswer(milliseconds: number): TransportError {
    return this.#error('silent', `a request was not answered within ${milliseconds / 1000} s`);
  }

  /** `fault` and remedy about its certificate. */
  untrusted(fault: string): TransportError {
    return this.#error('tls', fault);
  }

  #tls(code: string, error: unknown): TransportError {
    if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL/.test(code)) {
      return this.#error(
        'tls',
        'it does not speak TLS there; if it is meant to, write http:// or another port',
        error,
      );
    }
    if (code.includes('ALERT'))
      return this.#error('tls', `${alertText(code)}${this.#ownCertificate(code)}`, error);
    return this.#error('tls', `TLS failed (${code})`, error);
  }

  #ownCertificate(code: string): string {
    if (!/CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE/.test(code)) return '';
    const place = this.#login.pair?.certificate.place;
    if (place === undefined)
      return '; the kubeconfig names no client certificate, which the server may demand';
    return `; look at the client certificate in ${place.subject}, ${place.field}`;
  }

  #hint(): string {
    const { server, pair } = this.#login;
    if (server.protocol === 'http:') return '; if it speaks TLS there, write https://';
    return pair === undefined ? '' : '; it may refuse the client certificate';
  }

  #error(kind: TransportError['kind'], message: string, cause?: unknown): TransportError {
    return new TransportError(kind, `${this.name}: ${message}`, cause === undefined ? undefined : { cause });
  }
}

function alertText(code: string): string {
  const alert = code
    .replace(/^.*ALERT_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return `it refused TLS with ${shown(alert)}`;
}

function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Why the server's certificate is not trusted; undefined where it is, or need not be. */
export function certificateError(
  socket: TLSSocket,
  login: Login,
  server: ServerFailures,
): TransportError | undefined {
  if (socket.authorized || !login.verify) return undefined;
  // Node answers with the code as text, whatever its type says.
  const code = String(socket.authorizationError);
  return server.untrusted(fault(code, socket.getPeerCertificate(true), login));
}

function fault(code: string, certificate: DetailedPeerCertificate, login: Login): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return expired(certificate);
    case 'CERT_NOT_YET_VALID':
      return `its certificate is valid only from ${isoTime(certificate.valid_from)}; look at this node's clock, which says ${now()}`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return otherName(certificate, login);
    default:
      return `${unknownAuthority(certificate, login)} (${code})`;
  }
}

function expired(certificate: DetailedPeerCertificate): string {
  const old = chain(certificate).find(({ valid_to }) => new Date(valid_to) < new Date()) ?? certificate;
  const whose =
    old === certificate ? 'its certificate' : `the certificate of ${name(old)}, which signed its own,`;
  return `${whose} expired on ${isoTime(old.valid_to)}; renew it on the control plane, or correct this node's clock, which says ${now()}`;
}

function otherName(certificate: DetailedPeerCertificate, { server, serverName }: Login): string {
  const names =
    certificate.subjectaltname?.replace(/IP Address:/g, '').replace(/DNS:/g, '') ?? 'no name at all';
  const wanted = serverName ?? server.hostname;
  return `its certificate is not for ${shown(wanted)} but for ${shown(names)}; use one of these as the address, or set tls-server-name in the kubeconfig`;
}

function unknownAuthority(certificate: DetailedPeerCertificate, { authority }: Login): string {
  const signer = shown(certificate.issuer?.CN ?? 'nobody');
  if (authority === undefined) {
    return `its certificate is signed by ${signer}, which is no public authority; set certificate-authority in the kubeconfig`;
  }
  const { subject, field } = authority.place;
  return `its certificate is signed by ${signer}, which is not in ${subject}, ${field}; put the cluster's CA there`;
}

// The last of the chain is its own issuer.
function chain(certificate: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const links = [certificate];
  for (
    let link = certificate.issuerCertificate;
    link && !links.includes(link);
    link = link.issuerCertificate
  ) {
    links.push(link);
  }
  return links;
}

function name({ subject }: DetailedPeerCertificate): string {
  return shown(subject?.CN ?? 'an authority');
}

function isoTime(text: string): string {
  return new Date(text).toISOString();
}

function now(): string {
  return new Date().toISOString();
}
