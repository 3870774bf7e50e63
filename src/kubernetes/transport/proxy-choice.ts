import { BlockList, isIP } from 'node:net';
import { addSubnet, isListed } from './address-list.js';
import { bareHost, parseProxy, portOf } from './server-address.js';

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
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
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
  if (isIP(name) !== 0) return name === host;
  const domain = name.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (domain === name && host === name);
}

function inSubnet(subnet: string, host: string): boolean {
  const list = new BlockList();
  return addSubnet(list, subnet) && isListed(list, host);
}
