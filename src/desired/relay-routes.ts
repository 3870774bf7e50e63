import { type Address, FAMILIES, familyOf } from '../model/address.js';
import type { RelayRoute } from '../model/relay-route.js';
import type { Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';

const LOOPBACKS = { IPv4: '127.0.0.1' as Address, IPv6: '::1' as Address } as const;

const NONE: readonly RelayRoute[] = [];

/** The NodePorts of all Services on this node's loopback addresses. */
export class RelayRoutes {
  readonly #routes = new Map<ServiceKey, readonly RelayRoute[]>();
  #all: readonly RelayRoute[] | undefined = [];

  /** The same list as long as none changes. */
  get all(): readonly RelayRoute[] {
    this.#all ??= [...this.#routes.values()].flat();
    return this.#all;
  }

  refresh(key: ServiceKey, service: Service | undefined): void {
    const before = this.#routes.get(key);
    const after = service === undefined ? NONE : relayRoutes(service);
    if (isSame(before ?? NONE, after)) return;
    this.#all = undefined;
    if (after.length === 0) this.#routes.delete(key);
    else this.#routes.set(key, after);
  }
}

function isSame(some: readonly RelayRoute[], others: readonly RelayRoute[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ nodePort, address, port }, index) => {
      const other = others[index];
      return nodePort === other?.nodePort && address === other.address && port === other.port;
    })
  );
}

/** The Service's NodePorts on this node's loopback addresses; none where it has no ClusterIP to relay to. */
function relayRoutes({ key: service, clusterIPs, ports }: Service): readonly RelayRoute[] {
  const [first] = clusterIPs;
  if (first === undefined || ports.every(({ nodePort }) => nodePort === 0)) return NONE;
  return ports
    .filter(({ nodePort, protocol }) => nodePort !== 0 && protocol === 'TCP')
    .flatMap(({ nodePort, port }) =>
      FAMILIES.map((family): RelayRoute => {
        const address = clusterIPs.find((candidate) => familyOf(candidate) === family) ?? first;
        return { service, loopback: LOOPBACKS[family], nodePort, address, port };
      }),
    );
}
