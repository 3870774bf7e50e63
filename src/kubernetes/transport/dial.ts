import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Login } from '../login/login.js';
import { isTimeout, opened } from './opening-socket.js';
import { tunnel } from './proxy-tunnel.js';
import { bareHost, portOf } from './server-address.js';
import { distrust } from './server-certificate.js';
import { ServerWords } from './transport-failure.js';
import type { TransportSettings } from './transport-settings.js';

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
    throw new ServerWords({ server, proxy, ...login }).unreachable(error);
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

// Nothing is sent before `distrust` has looked at the server's certificate. Node would look by itself, but then the
// certificate is gone when a person wants to know what is wrong with it.
async function secured(
  raw: Socket,
  login: Login,
  protocols: readonly Protocol[],
  milliseconds: number,
): Promise<TLSSocket> {
  const words = new ServerWords(login);
  const socket = connectTls({ socket: raw, ...tlsOptions(login), ALPNProtocols: [...protocols] });
  try {
    await opened(socket, 'secureConnect', milliseconds);
  } catch (error) {
    throw words.unsecured(error);
  }
  const reason = distrust(socket, login, words);
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
