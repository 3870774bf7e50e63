import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { addAddress, addSubnet, isListed } from './address-list.js';
import { bareHost } from './server-address.js';

/** What we know of the addresses that this program itself makes work. */
interface OwnAddresses {
  /** Subnets from which ClusterIPs are taken (`serviceCIDRs`, or ServiceCIDR objects). */
  readonly serviceCIDRs: readonly string[];
  /** `spec.clusterIPs` of the Service default/kubernetes. */
  readonly kubernetesServiceIPs: readonly string[];
}

/**
 * Why the API server must not be reached at these addresses; undefined where it may. Behind a ClusterIP that we
 * implement it would be out of reach whenever our own rules are missing, and so would be what brings them back: after a
 * reboot, and for a new node for ever.
 */
export function apiServerRefusal(
  serverAddresses: readonly string[],
  { serviceCIDRs, kubernetesServiceIPs }: OwnAddresses,
): string | undefined {
  const own = new BlockList();
  for (const subnet of serviceCIDRs) addSubnet(own, subnet);
  for (const address of kubernetesServiceIPs) addAddress(own, address);
  const address = serverAddresses.find((candidate) => isListed(own, candidate));
  if (address === undefined) return undefined;
  return (
    `The API server is configured at ${address}, a ClusterIP, which works only once this program has reached the API ` +
    'server. Set clientConnection.kubeconfig, or KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, to an address ' +
    'that works without kube-proxy: that of a control-plane node or of the load balancer before them.'
  );
}

/** The addresses of the host in an API server's URL; empty where its name cannot be resolved. */
export async function serverAddresses(server: URL): Promise<readonly string[]> {
  const host = bareHost(server);
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
