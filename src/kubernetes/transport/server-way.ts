import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connectedAddress } from '../../model/address.js';
import { cidrContains, parsedCidrs } from '../../model/cidr.js';
import { movedReservations, type ReservedAddress, reservedAddresses } from '../../model/reserved-address.js';
import type { Login } from '../login/login.js';
import { bareHost, portOf } from './server-address.js';

/** Of addresses seen longest ago none is kept beyond this number; names with more at a time are not known. */
const MOST = 256;

/** Milliseconds for a name that nobody resolves: what is known by then counts. */
const PATIENCE = 5_000;

type Ends = Pick<Login, 'server' | 'proxy'>;

/**
 * Where our own connection to the API server goes: every address that its name resolves to, and every one of the proxy
 * before it. What was seen once stays: a name may answer with a part of its addresses, and a connection lives on at an
 * older one.
 */
export class ServerWay {
  readonly #seen = new Map<string, ReservedAddress>();
  readonly #resolve: (server: URL) => Promise<readonly string[]>;
  #reported = reservedAddresses();
  /** Is called with addresses that were not known before. */
  changed: (addresses: readonly ReservedAddress[]) => void = () => undefined;

  /** `resolve`: every address of the host in a URL; empty where there is none. */
  constructor(resolve: (server: URL) => Promise<readonly string[]> = serverAddresses) {
    this.#resolve = resolve;
  }

  get addresses(): readonly ReservedAddress[] {
    return [...this.#seen.values()];
  }

  /**
   * Resolves once the names are resolved, or patience has ended; never rejects. What is found later is reported all the
   * same.
   */
  async follow({ server, proxy }: Ends, patience = PATIENCE): Promise<void> {
    const found = Promise.all([
      this.#add(server, 'api-server'),
      proxy === undefined ? undefined : this.#add(proxy, 'proxy'),
    ]).then(() => this.#report());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([found, late]);
    clearTimeout(timer);
  }

  async #add(end: URL, use: ReservedAddress['use']): Promise<void> {
    for (const text of await this.#resolve(end)) {
      const address = connectedAddress(text);
      if (address === undefined) continue;
      const key = `${use} ${address} ${portOf(end)}`;
      this.#seen.delete(key);
      this.#seen.set(key, { address, use, port: portOf(end) });
      const [oldest] = this.#seen.keys();
      if (this.#seen.size > MOST && oldest !== undefined) this.#seen.delete(oldest);
    }
  }

  #report(): void {
    const reserved = reservedAddresses(this.addresses);
    if (movedReservations(this.#reported, reserved).length === 0) return;
    this.#reported = reserved;
    this.changed(this.addresses);
  }
}

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
  const ranges = parsedCidrs(serviceCIDRs);
  const address = serverAddresses
    .flatMap((text) => connectedAddress(text) ?? [])
    .find(
      (candidate) =>
        kubernetesServiceIPs.includes(candidate) || ranges.some((range) => cidrContains(range, candidate)),
    );
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
