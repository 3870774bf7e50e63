import { isIP } from 'node:net';
import { connectedAddress } from '../../model/address.js';
import { cidrContains, parseCidr } from '../../model/cidr.js';
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

/** The environment as far as it names proxies, in the spelling of most programs or in capitals. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for this server, if any. As with other Kubernetes components HTTPS_PROXY counts,
 * and NO_PROXY excepts hosts, domains, addresses, subnets and `*`. A server on this machine or at http:// gets none.
 */
export function proxyFromEnvironment(server: URL, environment: ProxyEnvironment): URL | undefined {
  const proxy = environment.HTTPS_PROXY || environment.https_proxy;
  const exceptions = environment.NO_PROXY || environment.no_proxy || '';
  if (!proxy || server.protocol !== 'https:') return undefined;
  const host = bareHost(server);
  if (isLocal(host) || exceptions.split(',').some((entry) => excepts(entry.trim(), host, portOf(server)))) {
    return undefined;
  }
  return parseProxy(proxy, { subject: 'environment', field: 'HTTPS_PROXY' });
}

function isLocal(host: string): boolean {
  const address = connectedAddress(host);
  return host === 'localhost' || address === '::1' || address?.startsWith('127.') === true;
}

function excepts(entry: string, host: string, port: number): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return inSubnet(entry, host);
  const [, name = entry, only] = /^(\[.*\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (only !== undefined && Number(only) !== port) return false;
  return matchesName(name.replace(/^\[|\]$/g, '').toLowerCase(), host.toLowerCase());
}

// `.example.org` and `*.example.org` are the domain's hosts, `example.org` the host of that name as well.
function matchesName(name: string, host: string): boolean {
  if (isIP(name) !== 0) return connectedAddress(name) === connectedAddress(host);
  const domain = name.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (domain === name && host === name);
}

function inSubnet(subnet: string, host: string): boolean {
  const range = parseCidr(subnet);
  const address = connectedAddress(host);
  return range !== undefined && address !== undefined && cidrContains(range, address);
}
