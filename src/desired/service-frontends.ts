import type { Address } from '../model/address.js';
import { familyOf } from '../model/address.js';
import type { ServiceView } from '../model/cluster-view.js';
import { type Frontend, frontend } from '../model/frontend.js';
import type { Service, ServicePort } from '../model/service.js';
import type { VirtualServer, VirtualServerSettings } from '../model/virtual-server.js';
import { type Balancing, chooseEndpoints, type RealServers } from './endpoint-choice.js';
import type { NodeSettings } from './node-settings.js';
import { schedulerOf } from './scheduler-choice.js';

/** What one Service wants on this node. */
export interface ServiceFrontends {
  readonly frontends: readonly ServiceFrontend[];
  readonly vips: readonly Address[];
  /** Endpoints that may run on this node, so that they may call themselves through a frontend. */
  readonly hairpins: ReadonlySet<Address>;
}

export interface ServiceFrontend {
  readonly frontend: Frontend;
  /** `namespace/name:port`, as the ledger shows it. */
  readonly owner: string;
  /** The VIP's place in the Service: `spec.ports[0].port`, for messages. */
  readonly field: string;
  /** Undefined without a usable endpoint: then new connections are refused, and there is nothing to balance. */
  readonly virtualServer: VirtualServer | undefined;
}

const NOTHING: ServiceFrontends = { frontends: [], vips: [], hairpins: new Set() };

/** Every VIP and port of the Service, with the endpoints of the VIP's family behind it. */
export function serviceFrontends({ service, slices }: ServiceView, node: NodeSettings): ServiceFrontends {
  if (service === undefined) return NOTHING;
  const hairpins = new Set<Address>();
  const balancing: Balancing = { scheduler: schedulerOf(service, node), weights: service.weights };
  const frontends = service.clusterIPs.flatMap((vip) =>
    service.ports.map((port, index) => {
      const chosen = chooseEndpoints(slices, familyOf(vip), port, node, balancing);
      for (const address of chosen.hairpins) hairpins.add(address);
      const front = frontend(vip, port.port, port.protocol);
      return serviceFrontend(service, front, port, index, chosen.cluster, balancing);
    }),
  );
  return { frontends, vips: service.clusterIPs, hairpins };
}

function serviceFrontend(
  service: Service,
  front: Frontend,
  port: ServicePort,
  index: number,
  realServers: RealServers,
  balancing: Balancing,
): ServiceFrontend {
  return {
    frontend: front,
    owner: ownerOf(service, port),
    field: `spec.ports[${index}].port`,
    virtualServer:
      realServers.size === 0
        ? undefined
        : { frontend: front, settings: settingsOf(service, balancing), realServers },
  };
}

// nftables keeps 127 bytes of a comment. `namespace/name` always fits; a very long port name is cut.
const OWNER_LENGTH = 127;

function ownerOf(service: Service, port: ServicePort): string {
  const owner = port.name === '' ? service.key : `${service.key}:${port.name}`;
  return owner.slice(0, OWNER_LENGTH);
}

function settingsOf({ affinityTimeout }: Service, { scheduler }: Balancing): VirtualServerSettings {
  return { scheduler, persistenceTimeout: affinityTimeout };
}
