import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.js';

export type Protocol = 'h2' | 'http/1.1';
export type ServerRequest = IncomingMessage | Http2ServerRequest;
export type ServerAnswer = ServerResponse | Http2ServerResponse;

export interface Identity {
  readonly authority: string;
  readonly pair: Certificate;
}

// As long as Go's, so that no client's idle connection ends earlier than at a real server.
const IDLE_TIMEOUT = 120_000;

/** Offers these protocols by ALPN. Client certificates are asked for, and judged later. */
export function tlsServer(
  protocols: readonly Protocol[],
  identity: Identity,
  listener: (request: ServerRequest, answer: ServerAnswer) => void,
): Http2SecureServer | Server {
  const options = { ...secureContext(identity), requestCert: true, rejectUnauthorized: false };
  if (protocols.includes('h2'))
    return createSecureServer({ ...options, allowHTTP1: protocols.includes('http/1.1') }, listener);
  return createServer({ ...options, keepAliveTimeout: IDLE_TIMEOUT }, listener);
}

/** New connections are met with this one; those that are open keep theirs. */
export function setIdentity(server: Http2SecureServer | Server, identity: Identity): void {
  server.setSecureContext(secureContext(identity));
}

/** Ends every connection, also one that was still being agreed on: `close` alone would wait for it. */
export async function closeServer(
  server: Http2SecureServer | Server,
  sockets: Iterable<Socket>,
): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}

/** The connections of a server, as long as they are open. */
export function socketsOf(server: Http2SecureServer | Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return sockets;
}

export async function listenAt(server: Http2SecureServer | Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
}

/** Undefined without a client certificate, null where the authority has not signed it. */
export function commonNameOf(request: ServerRequest): string | undefined | null {
  const socket = ('stream' in request ? request.stream.session?.socket : request.socket) as
    | TLSSocket
    | undefined;
  if (socket === undefined) return undefined;
  // OpenSSL decodes it anew each time, which a connection with many requests would wait for.
  if (!commonNames.has(socket)) commonNames.set(socket, commonNameAt(socket));
  return commonNames.get(socket);
}

const commonNames = new WeakMap<TLSSocket, string | undefined | null>();

function commonNameAt(socket: TLSSocket): string | undefined | null {
  const certificate = socket.getPeerCertificate?.();
  if (certificate === undefined || Object.keys(certificate).length === 0) return undefined;
  return socket.authorized ? String(certificate.subject.CN) : null;
}

function secureContext({ authority, pair }: Identity) {
  return { ca: authority, ...pair };
}
