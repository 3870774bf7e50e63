import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Login } from './login.js';
import { opened } from './opening-socket.js';
import { tunnel } from './proxy-tunnel.js';
import { bareHost, portOf } from './server-address.js';
import { distrust } from './server-certificate.js';
import { ServerWords } from './transport-failure.js';
import type { TransportSettings } from './transport-settings.js';

/** As ALPN spells them; the first is what we would rather have. */
export type Protocol = 'h2' | 'http/1.1';

export interface Dialled {
  readonly socket: Socket;
  readonly protocol: Protocol;
}

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
  const socket = connect({ host: bareHost(server), port: portOf(server) });
  try {
    await opened(socket, 'connect', milliseconds);
  } catch (error) {
    throw new ServerWords({ server, proxy, ...login }).unreachable(error);
  }
  return socket;
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
