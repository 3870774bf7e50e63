import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { shown } from '../../files/shown.js';
import type { Login } from '../login/login.js';
import type { TransportError } from './api-transport.js';
import type { ServerWords } from './transport-failure.js';

/** Why the server's certificate is not trusted; undefined where it is, or need not be. */
export function distrust(socket: TLSSocket, login: Login, server: ServerWords): TransportError | undefined {
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
