import type { Evidence, Question } from '../../src/diagnosis/evidence.js';
import { familyOf } from '../../src/model/address.js';
import { frontend } from '../../src/model/frontend.js';
import type { KernelFacts, KernelFrontend, TriedConnection } from '../../src/model/kernel-facts.js';
import { type RealServerKey, realServer } from '../../src/model/real-server.js';
import type {
  AgentFacts,
  EndpointFacts,
  FrontendFacts,
  ServiceAnswer,
  ServiceFacts,
} from '../../src/model/service-facts.js';
import { serviceKey } from '../../src/model/service-key.js';
import { POD_1, POD_2, VIP_A } from '../support/addresses.js';

/** A Service of two ready endpoints that is programmed as it should be, to be changed in one place by each test. */

export const WEB = serviceKey('default', 'web');
export const FRONT = frontend(VIP_A, 80, 'TCP');
const POD_PORT = 9376;

export function serverKey(address: typeof POD_1): RealServerKey {
  return realServer(address, POD_PORT, 1).key;
}

export function endpoint(address: typeof POD_1, more: Partial<EndpointFacts> = {}): EndpointFacts {
  return {
    slice: 'default/web-1',
    family: familyOf(address),
    address,
    node: 'node-1',
    zone: undefined,
    ready: true,
    serving: true,
    terminating: false,
    zoneHints: [],
    nodeHints: [],
    ports: [{ name: '', protocol: 'TCP', port: POD_PORT }],
    ...more,
  };
}

export function wanted(more: Partial<FrontendFacts> = {}): FrontendFacts {
  return {
    ...FRONT,
    kind: 'cluster',
    portName: '',
    state: 'programmed',
    reason: undefined,
    holder: undefined,
    desired: {
      scheduler: 'rr',
      persistenceTimeout: 0,
      servers: [POD_1, POD_2].map((address) => ({ key: serverKey(address), weight: 1 })),
    },
    traffic: [],
    sources: undefined,
    offered: undefined,
    isBound: true,
    ...more,
  };
}

export function seen(more: Partial<KernelFrontend> = {}): KernelFrontend {
  return {
    ...FRONT,
    isBound: true,
    isGuarded: true,
    isOpen: true,
    owner: WEB,
    traffic: [],
    sources: [],
    presence: 'present',
    isForeign: false,
    scheduler: 'rr',
    persistenceTimeout: 0,
    servers: [POD_1, POD_2].map((address) => ({
      key: serverKey(address),
      address,
      port: POD_PORT,
      weight: 1,
      active: 0,
      inactive: 0,
    })),
    ...more,
  };
}

export function service(more: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    service: WEB,
    known: {
      clusterIPs: [VIP_A],
      externalIPs: [],
      loadBalancerIPs: [],
      ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 0 }],
      internalPolicy: 'Cluster',
      externalPolicy: 'Cluster',
      affinityTimeout: 0,
      sourceRanges: [],
    },
    live: {
      type: 'ClusterIP',
      proxyName: undefined,
      leftAlone: undefined,
      selector: 'app=web',
      targetPorts: { '': '9376' },
    },
    isBehind: false,
    slices: 1,
    endpoints: [endpoint(POD_1), endpoint(POD_2)],
    frontends: [wanted()],
    heldElsewhere: [],
    problems: [],
    drains: [],
    ...more,
  };
}

export function kernel(more: Partial<KernelFacts> = {}): KernelFacts {
  return {
    hasDevice: true,
    hasTable: true,
    frontends: [seen()],
    otherDevices: [],
    sysctls: [],
    conntrack: { entries: 10, most: 1000 },
    bridges: [],
    rules: [],
    client: undefined,
    unread: [],
    ...more,
  };
}

export function answer(found: ServiceFacts | undefined, more: Partial<AgentFacts> = {}): ServiceAnswer {
  const agent: AgentFacts = {
    version: '1.0.0',
    node: 'node-1',
    zone: undefined,
    families: ['IPv4'],
    complete: true,
    synced: true,
    sourceAway: undefined,
    auditRoundSeconds: 30,
    ...more,
  };
  return { version: 1, agent, found, nearest: [] };
}

export function evidence(more: Partial<Evidence> = {}): Evidence {
  return { question: question(), answer: answer(service()), kernel: kernel(), tried: undefined, ...more };
}

export function question(more: Partial<Question> = {}): Question {
  return { service: WEB, vip: undefined, port: undefined, client: { kind: 'anyone' }, ...more };
}

export function tried(
  address: typeof POD_1,
  result: TriedConnection['result'],
  target: TriedConnection['target'] = 'endpoint',
): TriedConnection {
  const port = target === 'endpoint' ? POD_PORT : 80;
  return { address, port, family: familyOf(address), target, result, milliseconds: 2 };
}
