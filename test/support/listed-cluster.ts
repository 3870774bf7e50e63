import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { atOnce } from '../../src/model/clock.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { Activity } from '../../src/model/counters.js';
import type { DataplaneState } from '../../src/model/dataplane-state.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import { type Frontend, type FrontendKey, frontend } from '../../src/model/frontend.js';
import type { RealServerKey } from '../../src/model/real-server.js';
import type { Service } from '../../src/model/service.js';
import type { DrainState, UnmetFrontend } from '../../src/model/sync-state.js';
import type { VirtualServer } from '../../src/model/virtual-server.js';
import type { ListingParts } from '../../src/status/listing/listing-source.js';
import { POD_1, POD_2, POD_3, VIP_A, VIP_B } from './addresses.js';
import { anEndpoint, aService, aSlice } from './objects.js';
import { copyOfPlane } from './plane-copy.js';

/**
 * A cluster as an agent on node-1 has programmed it; what the kernel has and what the agent wrote can be changed apart.
 */
export class ListedCluster {
  readonly view = new ClusterView();
  readonly desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1' });
  readonly image: DataplaneState;
  readonly kernel: DataplaneState;
  readonly activity = new Map<FrontendKey, Map<RealServerKey, Activity>>();
  readonly traffic = new Map<FrontendKey, ReturnType<typeof counters>>();
  readonly foreign: VirtualServer[] = [];
  unmet: UnmetFrontend[] = [];
  drains: DrainState[] = [];
  /** Full looks at the kernel, and virtual servers that were looked at one by one. */
  readonly looks = { full: 0, single: 0 };

  /** `listeners`: where processes of the node listen. */
  constructor(
    services: readonly Service[],
    slices: readonly EndpointSlice[],
    listeners: ReadonlySet<FrontendKey> = new Set(),
  ) {
    this.desired.setListeners(listeners);
    for (const service of services) this.view.setService(service);
    for (const slice of slices) this.view.setSlice(slice);
    for (const key of this.view.keys()) this.desired.refresh(key, this.view.look(key));
    this.image = copyOfPlane(this.desired);
    this.kernel = copyOfPlane(this.desired);
  }

  connect(front: Frontend, server: string, active: number, inactive: number): void {
    const servers = this.activity.get(front.key) ?? new Map<RealServerKey, Activity>();
    this.activity.set(front.key, servers.set(server as RealServerKey, { active, inactive }));
  }

  get parts(): ListingParts {
    return {
      observe: async () => {
        this.looks.full++;
        return { dataplane: this.kernel, activity: this.activity, foreign: this.foreign };
      },
      look: async (frontends) => frontends.map(({ key }) => this.#look(key)),
      traffic: async () => this.traffic,
      agent: () => ({
        image: this.image,
        policy: this.image.policy,
        desired: this.desired,
        withoutEndpoints: atOnce(this.desired.withoutEndpoints()),
        nodeLocal: this.desired.nodeLocal(),
        unmet: this.unmet,
        drains: this.drains,
        slicesOf: (service) => this.view.look(service).slices,
        node: 'node-1',
      }),
    };
  }

  #look(key: FrontendKey): Awaited<ReturnType<ListingParts['look']>>[number] {
    this.looks.single++;
    const server =
      this.kernel.virtualServers.get(key) ?? this.foreign.find((one) => one.frontend.key === key);
    if (server === undefined) return { kind: 'absent' };
    return { kind: 'present', server, activity: this.activity.get(key) ?? new Map() };
  }
}

export function counters(connections: number, bytes = connections * 1_500) {
  const packets = connections * 10;
  return { connections, inPackets: packets, outPackets: packets, inBytes: bytes, outBytes: bytes * 2 };
}

export const WEB = frontend(VIP_A, 80, 'TCP');
export const API = frontend(VIP_B, 443, 'TCP');

/**
 * Two Services: `web`, whose third pod is not ready, with connections; `api`, whose policy leaves one pod on another
 * node out.
 */
export function smallCluster(): ListedCluster {
  const cluster = new ListedCluster(
    [
      aService('web', [VIP_A]),
      aService('api', [VIP_B], {
        ports: [{ name: '', protocol: 'TCP', port: 443, nodePort: 0 }],
        internalPolicy: 'Local',
        affinityTimeout: 10_800,
      }),
    ],
    [
      aSlice('web', [POD_1], {
        endpoints: [
          anEndpoint(POD_1, { node: 'node-1' }),
          anEndpoint(POD_2, { node: 'node-2' }),
          anEndpoint(POD_3, { node: 'node-2', ready: false, serving: false }),
        ],
      }),
      aSlice('api', [POD_1], {
        ports: [{ name: '', protocol: 'TCP', port: 8443 }],
        endpoints: [anEndpoint(POD_1, { node: 'node-1' }), anEndpoint(POD_2, { node: 'node-2' })],
      }),
    ],
  );
  cluster.connect(WEB, `${POD_1}:8080`, 3, 14_000);
  cluster.connect(WEB, `${POD_2}:8080`, 1, 0);
  cluster.traffic.set(WEB.key, counters(1_250_000));
  cluster.traffic.set(API.key, counters(40));
  return cluster;
}

/** What an agent reports on it at `/status` where nothing is wrong. */
export const GOOD_STATUS = {
  version: 1,
  agent: {
    version: '0.2.0',
    complete: true,
    synced: true,
    services: 2,
    totals: { passes: 12, operations: 31, refused: 0, drift: 0 },
    drains: 0,
    nodeVersion: 'v20.19.0',
    kernel: 'Linux 6.12.57',
    auditRoundSeconds: 30,
    problems: [],
  },
  counts: { virtualServers: 2, realServers: 3, draining: 0, foreign: 0 },
  virtualServers: [],
  unmet: [],
  withoutEndpoints: [],
};
