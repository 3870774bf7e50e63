import { credentialsError, type Place } from '../login/credentials-error.js';

/** The address of an API server or proxy as a kubeconfig or flag spells it. Without a scheme it is https. */
export function parseServer(text: string, place: Place): URL {
  const url = parsed(text.includes('://') ? text : `https://${text}`, place);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw notAServer(place);
  if (url.username !== '' || url.password !== '') {
    const remedy = 'Put the credentials into the user of the kubeconfig.';
    throw credentialsError(place, 'holds a user name or password, which would end up in logs.', remedy);
  }
  return url;
}

/** A proxy that understands CONNECT; it may have a user name and password. */
export function parseProxy(text: string, place: Place): URL {
  const url = parsed(text.includes('://') ? text : `http://${text}`, place);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  const message = `names a ${url.protocol.replace(/:$/, '')} proxy, which this program cannot use.`;
  throw credentialsError(place, message, 'Use an http:// or https:// proxy, or none.');
}

/** Without the brackets that a URL puts around an IPv6 address. */
export function bareHost(server: URL): string {
  return server.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

export function portOf(server: URL): number {
  if (server.port !== '') return Number(server.port);
  return server.protocol === 'https:' ? 443 : 80;
}

function parsed(text: string, place: Place): URL {
  try {
    const url = new URL(text);
    decodeURIComponent(url.username + url.password);
    return url;
  } catch {
    throw notAServer(place);
  }
}

// The text itself stays out of the message: a wrong address may be a token in the wrong field.
function notAServer(place: Place) {
  return credentialsError(place, 'is no address.', 'Write it as https://HOST:PORT.');
}
