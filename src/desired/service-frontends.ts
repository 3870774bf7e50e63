import type { Address } from '../model/address.js';
import { familyOf } from '../model/address.js';
import type { Cidr } from '../model/cidr.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { TrafficSet } from '../model/dataplane.js';
import { type Frontend, frontend } from '../model/frontend.js';
import type { Service, ServicePort } from '../model/service.js';
import type { VirtualServer, VirtualServerSettings } from '../model/virtual-server.js';
import { type ChosenEndpoints, chooseEndpoints } from './endpoint-choice.js';
import type { NodeSettings } from './node-settings.js';

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
  /** How its packets are treated beyond that. */
  readonly traffic: readonly TrafficSet[];
  /** Who may reach it, where it is restricted. */
  readonly sources: readonly Cidr[];
}

const NOTHING: ServiceFrontends = { frontends: [], vips: [], hairpins: new Set() };

/** Every VIP and port of the Service, with the endpoints of the VIP's family behind it. */
export function serviceFrontends({ service, slices }: ServiceView, node: NodeSettings): ServiceFrontends {
  if (service === undefined) return NOTHING;
  const hairpins = new Set<Address>();
  const frontends = service.clusterIPs.flatMap((vip) =>
    service.ports.map((port, index) => {
      const chosen = chooseEndpoints(slices, familyOf(vip), port, node);
      for (const address of chosen.local) hairpins.add(address);
      return serviceFrontend(service, frontend(vip, port.port, port.protocol), port, index, chosen, node);
    }),
  );
  return { frontends, vips: service.clusterIPs, hairpins };
}

function serviceFrontend(
  service: Service,
  front: Frontend,
  port: ServicePort,
  index: number,
  { realServers }: ChosenEndpoints,
  node: NodeSettings,
): ServiceFrontend {
  return {
    frontend: front,
    owner: ownerOf(service, port),
    field: `spec.ports[${index}].port`,
    virtualServer:
      realServers.size === 0
        ? undefined
        : { frontend: front, settings: settingsOf(service, node), realServers },
    traffic: [],
    sources: [],
  };
}

// nftables keeps 127 bytes of a comment. `namespace/name` always fits; a very long port name is cut.
const OWNER_LENGTH = 127;

function ownerOf(service: Service, port: ServicePort): string {
  const owner = port.name === '' ? service.key : `${service.key}:${port.name}`;
  return owner.slice(0, OWNER_LENGTH);
}

function settingsOf(service: Service, node: NodeSettings): VirtualServerSettings {
  return {
    scheduler: service.scheduler ?? node.scheduler,
    schedulerFlags: '',
    persistenceTimeout: service.affinityTimeout,
  };
}
