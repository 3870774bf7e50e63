import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { TransportError } from './api-transport.js';
import { opened } from './opening-socket.js';
import { bareHost, portOf } from './server-address.js';

/** A connection to `target` through a proxy (RFC 9110, 9.3.6). Rejects with TransportError. */
export async function tunnel(proxy: URL, target: URL, milliseconds: number): Promise<Socket> {
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
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(words).toString('base64')}` };
}

function failed(proxy: URL, fault: string): TransportError {
  const remedy = 'correct proxy-url or HTTPS_PROXY, or name the API server in NO_PROXY';
  return new TransportError('connect', `the proxy ${proxy.host} ${fault}; ${remedy}`);
}
