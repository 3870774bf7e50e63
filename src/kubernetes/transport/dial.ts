import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Login } from '../login/login.js';
import { TransportError } from './api-transport.js';
import type { TransportSettings } from './connection.js';
import { bareHost, portOf } from './server-address.js';
import { certificateError, ServerFailures } from './transport-failure.js';

/** As ALPN spells them; the first is what we would rather have. */
type Protocol = 'h2' | 'http/1.1';

export interface Dialled {
  readonly socket: Socket;
  readonly protocol: Protocol;
}

/** Milliseconds for one socket: enough for every path that carries TCP. */
const LONGEST_UNANSWERED = 2_000;

/** Connects, through a proxy where there is one, and agrees on TLS and the protocol. Rejects with TransportError. */
export async function dial(
  login: Login,
  protocols: readonly Protocol[],
  { connectTimeout, readIdle, dialling }: TransportSettings,
): Promise<Dialled> {
  dialling?.(login);
  const raw = await reached(login, connectTimeout);
  // The kernel's own probes, every second after readIdle, find a dead path where HTTP has no PING.
  raw.setKeepAlive(true, readIdle).setNoDelay(true);
  if (login.server.protocol === 'http:') return { socket: raw, protocol: 'http/1.1' };
  const socket = await secured(raw, login, protocols, connectTimeout);
  return { socket, protocol: socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' };
}

/** A connection to the server's port, through a proxy where there is one, without TLS. Rejects with TransportError. */
export async function reached({ server, proxy, ...login }: Login, milliseconds: number): Promise<Socket> {
  if (proxy !== undefined) return tunnel(proxy, server, milliseconds);
  try {
    return await opening(server, milliseconds);
  } catch (error) {
    throw new ServerFailures({ server, proxy, ...login }).unreachable(error);
  }
}

// Linux repeats a SYN that nobody answers after 1 s, 3 s, 7 s (RFC 6298): a host that is back after 3.1 s is noticed at
// 7 s. A new socket every two seconds keeps the distance between two SYNs at a second.
async function opening(server: URL, milliseconds: number): Promise<Socket> {
  const socket = connect({ host: bareHost(server), port: portOf(server) });
  try {
    await opened(socket, 'connect', Math.min(milliseconds, LONGEST_UNANSWERED));
    return socket;
  } catch (error) {
    const left = milliseconds - LONGEST_UNANSWERED;
    if (left <= 0 || !isTimeout(error)) throw error;
    return opening(server, left);
  }
}

// Nothing is sent before `certificateError` has looked at the server's certificate. Node would look by itself, but then
// the certificate is gone when a person wants to know what is wrong with it.
async function secured(
  raw: Socket,
  login: Login,
  protocols: readonly Protocol[],
  milliseconds: number,
): Promise<TLSSocket> {
  const failures = new ServerFailures(login);
  const socket = connectTls({ socket: raw, ...tlsOptions(login), ALPNProtocols: [...protocols] });
  try {
    await opened(socket, 'secureConnect', milliseconds);
  } catch (error) {
    throw failures.unsecured(error);
  }
  const reason = certificateError(socket, login, failures);
  if (reason === undefined) return socket;
  socket.destroy();
  throw reason;
}

function tlsOptions({ server, serverName, authority, pair }: Login) {
  const host = bareHost(server);
  // An address must not be sent as a server name (RFC 6066, 3); it is still what the certificate has to be for.
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : { servername }),
    ...(authority === undefined ? {} : { ca: authority.text }),
    ...(pair === undefined ? {} : { cert: pair.certificate.text, key: pair.key.text }),
  };
}

/** A connection to `target` through a proxy (RFC 9110, 9.3.6). Rejects with TransportError. */
async function tunnel(proxy: URL, target: URL, milliseconds: number): Promise<Socket> {
  const socket = await connected(proxy, milliseconds);
  return new Promise((resolve, reject) => {
    const authority = `${target.hostname}:${portOf(target)}`;
    const call = request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      createConnection: () => socket,
    });
    const timer = setTimeout(() => call.destroy(failed(proxy, 'did not answer in time')), milliseconds);
    call.once('close', () => clearTimeout(timer));
    call.once('error', (error) => reject(failed(proxy, `broke the connection (${error.message})`)));
    call.once('connect', ({ statusCode }, tunnelled: Socket, head) => {
      clearTimeout(timer);
      if (statusCode === 200) {
        tunnelled.unshift(head);
        resolve(tunnelled);
        return;
      }
      tunnelled.destroy();
      reject(failed(proxy, `refused the way to ${authority} with status ${statusCode}`));
    });
    call.end();
  });
}

async function connected(proxy: URL, milliseconds: number): Promise<Socket> {
  const host = bareHost(proxy);
  const port = portOf(proxy);
  const secure = proxy.protocol === 'https:';
  const named = isIP(host) === 0 ? { servername: host } : {};
  const socket = secure ? connectTls({ host, port, ...named }) : connect({ host, port });
  try {
    await opened(socket, secure ? 'secureConnect' : 'connect', milliseconds);
  } catch (error) {
    throw failed(proxy, `cannot be reached (${error instanceof Error ? error.message : error})`);
  }
  return socket;
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function failed(proxy: URL, fault: string): TransportError {
  const remedy = 'correct proxy-url or HTTPS_PROXY, or name the API server in NO_PROXY';
  return new TransportError('connect', `the proxy ${proxy.host} ${fault}; ${remedy}`);
}

/**
 * Resolves at the event that makes the socket usable; where it does not come in time the socket is destroyed and the
 * error has the code ETIMEDOUT.
 */
function opened(socket: Socket, event: 'connect' | 'secureConnect', milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new OpeningTimeout('timed out')), milliseconds);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      socket.off(event, good).off('error', bad).off('close', ended);
      act();
    };
    const good = () => settle(resolve);
    const bad = (error: Error) => settle(() => reject(error));
    const ended = () => settle(() => reject(new Error('closed')));
    // Stays: an error that comes before the socket has its next owner must not end the process.
    socket.on('error', () => undefined);
    socket.once(event, good).once('error', bad).once('close', ended);
  });
}

class OpeningTimeout extends Error {
  readonly code = 'ETIMEDOUT';
}

/** It was not usable within the time that `opened` was given. */
function isTimeout(error: unknown): boolean {
  return error instanceof OpeningTimeout;
}
