import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { type AddressLimits, LONE_NODE, NO_LIMITS, type NodeProfile } from '../../src/desired/node-view.js';
import { parsedCidrs } from '../../src/model/cidr.js';
import { NO_FACTS } from '../../src/model/cluster-facts.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import { otherNodes } from '../../src/model/node.js';
import type { ReservedUse } from '../../src/model/reserved-address.js';
import type { Service } from '../../src/model/service.js';
import { type ServiceKey, serviceKey } from '../../src/model/service-key.js';
import { address, POD_1, POD_1_6, VIP_A, VIP_A6 } from '../support/addresses.js';
import { aService, aSlice, HTTP } from '../support/objects.js';

const FREE = address('198.51.100.7');
const OWN = address('172.18.0.2');
const POD = address('10.244.3.9');

/** One Service with two ClusterIPs, and what it claims beside. */
class Claimed {
  readonly desired: DesiredDataplane;
  readonly #view = new ClusterView();

  constructor(parts: Partial<Service>, limits: Partial<AddressLimits> = {}, node: Partial<NodeProfile> = {}) {
    this.desired = new DesiredDataplane({ ...LONE_NODE, ...node, limits: { ...NO_LIMITS, ...limits } });
    this.#view.setService(aService('web', [VIP_A, VIP_A6], parts));
    this.#view.setSlice(aSlice('web', [POD_1]));
    this.#view.setSlice(aSlice('web', [POD_1_6], { name: 'web-6' }));
    this.desired.setNodeAddresses([OWN]);
    this.refresh(this.#view.keys());
  }

  refresh(keys: Iterable<ServiceKey>): this {
    for (const key of keys) this.desired.refresh(key, this.#view.look(key));
    return this;
  }

  reserve(use: ReservedUse, at = FREE, port = 0): this {
    return this.refresh(this.desired.setReserved([{ address: at, use, port }]));
  }

  /** Everything that is wanted at addresses beside the ClusterIPs, of whatever kind. */
  get beside(): string[] {
    const { bound, policy, virtualServers } = this.desired;
    const sets = [...policy.open.keys(), ...virtualServers.keys(), ...policy.traffic.masqueraded.keys()];
    return [...new Set([...bound, ...sets])].filter(
      (text) => !text.includes(VIP_A) && !text.includes(VIP_A6),
    );
  }

  get reported(): string[] {
    return this.desired.problems.map(({ field, message }) => `${field}: ${message}`);
  }
}

describe('an address that nodes need themselves', () => {
  it.each([
    ['api-server', 'is the API server'],
    ['proxy', 'is the proxy before the API server'],
    ['gateway', 'is a default gateway'],
    ['network', 'is the first address of a subnet'],
    ['broadcast', 'is the broadcast address of a subnet'],
    ['resolver', 'is a DNS resolver'],
  ] as const)('%s: is neither bound, guarded nor served by any field, and is reported', (use, words) => {
    for (const [field, parts] of [
      ['spec.externalIPs', { externalIPs: [FREE] }],
      ['status.loadBalancer', { loadBalancerIPs: [FREE] }],
    ] as const) {
      const claimed = new Claimed(parts).reserve(use);
      expect(claimed.beside).toEqual([]);
      expect(claimed.reported).toEqual([expect.stringContaining(`${field}: ${FREE} ${words}`)]);
      expect(claimed.desired.problems[0]).toMatchObject({
        kind: 'conflict',
        everywhere: true,
        service: 'default/web',
      });
    }
  });

  it.each(['api-server', 'gateway', 'network', 'broadcast'] as const)('%s: is no ClusterIP either', (use) => {
    const claimed = new Claimed({}).reserve(use, VIP_A);
    expect([...claimed.desired.bound]).toEqual([VIP_A6]);
    expect(claimed.reported).toEqual([expect.stringContaining(`spec.clusterIPs: ${VIP_A} is `)]);
  });

  it('may be the ClusterIP of the DNS that pods on the host network ask, and of the API server itself', () => {
    expect(new Claimed({}).reserve('resolver', VIP_A).reported).toEqual([]);
    const kubernetes = new Claimed({ key: serviceKey('default', 'kubernetes') });
    expect(kubernetes.reserve('api-server', VIP_A).reported).toEqual([]);
    expect([...kubernetes.desired.bound]).toContain(VIP_A);
  });

  it('is served again when nobody needs it any more', () => {
    const claimed = new Claimed({ externalIPs: [FREE] }).reserve('gateway');
    claimed.refresh(claimed.desired.setReserved([]));
    expect([claimed.desired.bound.has(FREE), claimed.reported]).toEqual([true, []]);
  });

  it('concerns only Services that claim it', () => {
    const { desired } = new Claimed({ externalIPs: [FREE] });
    expect(desired.setReserved([{ address: POD, use: 'gateway', port: 0 }])).toEqual([]);
    expect(
      desired.setFacts({ ...NO_FACTS, serverAddresses: [{ address: FREE, use: 'api-server', port: 6443 }] }),
    ).toEqual(['default/web']);
  });

  it('keeps nothing of ours, not even to drain, unless it is wanted or carries NodePorts of this node', () => {
    const { desired } = new Claimed({ externalIPs: [FREE] }).reserve('api-server');
    expect(desired.mustLeave(FREE, new Set([FREE]))).toBe(true);
    expect(desired.mustLeave(VIP_A, new Set([VIP_A]))).toBe(false);
    expect([desired.mustLeave(OWN, new Set()), desired.mustLeave(OWN, new Set([OWN]))]).toEqual([
      false,
      true,
    ]);
  });
});

describe('an address at which nothing can be served', () => {
  it.each([
    '0.1.2.3',
    '240.0.0.1',
    '254.255.255.255',
    '::2',
    '::ffff',
    '::a00:1',
    '100::',
    '100::1',
    '100::1:2:3:4',
  ])('%s is refused as externalIP and as ingress, and reported once for the cluster', (text) => {
    const at = address(text);
    for (const parts of [{ externalIPs: [at] }, { loadBalancerIPs: [at] }]) {
      const claimed = new Claimed(parts);
      expect(claimed.beside).toEqual([]);
      expect(claimed.reported).toEqual([expect.stringContaining(`${text} is an address of `)]);
      expect(claimed.desired.problems[0]?.kind).toBe('object');
    }
  });

  it.each(['1.0.0.1', '239.255.0.1', '100:0:0:1::1', '100::1:2:3:4:5', '1::2', 'fd00::2'])(
    '%s is none',
    (text) => {
      expect(new Claimed({ externalIPs: [address(text)] }).reported).toEqual([]);
    },
  );

  it('240.0.0.0/4 may hold ClusterIPs, since some clouds take them from there', () => {
    expect(new Claimed({ clusterIPs: [address('240.0.0.1')] }).reported).toEqual([]);
    expect(new Claimed({ clusterIPs: [address('0.0.0.1')] }).reported).toHaveLength(1);
  });
});

describe("an externalIP that is a node's address", () => {
  const ofNode = otherNodes([{ name: 'worker-2', addresses: [FREE] }], 'node-1');

  it('takes no port of this node, nor of another one', () => {
    const own = new Claimed({ externalIPs: [OWN] });
    expect(own.beside).toEqual([]);
    expect(own.reported).toEqual([
      expect.stringContaining(`${OWN} is an address of a node, whose ports are not for externalIPs`),
    ]);
    const other = new Claimed({ externalIPs: [FREE] });
    other.refresh(other.desired.setFacts({ ...NO_FACTS, otherNodes: ofNode }));
    expect(other.beside).toEqual([]);
    expect(other.reported).toEqual([
      expect.stringContaining('Node worker-2, whose ports are not for externalIPs'),
    ]);
  });

  it('is served by that node where the operator allows it, and bound by none', () => {
    const own = new Claimed({ externalIPs: [OWN] }, { externalIPsOnNodes: true });
    expect(own.beside).toEqual([`${OWN}:80/TCP`]);
    expect(own.desired.bound.has(OWN)).toBe(false);
    const other = new Claimed({ externalIPs: [FREE] }, { externalIPsOnNodes: true });
    other.refresh(other.desired.setFacts({ ...NO_FACTS, otherNodes: ofNode }));
    expect(other.reported).toEqual([expect.stringContaining('so only that Node serves it')]);
  });

  it('as ingress of a load balancer on the nodes is served as in kube-proxy', () => {
    expect(new Claimed({ loadBalancerIPs: [OWN] }).beside).toEqual([`${OWN}:80/TCP`]);
  });
});

describe("ports at this node's own addresses", () => {
  const node = {
    name: 'node-1',
    uid: '',
    addresses: [OWN],
    podCIDRs: [],
    zone: undefined,
    eligible: true,
    kubeletPort: 10_250,
  };
  const ports = [HTTP, { ...HTTP, name: 'kubelet', port: 10_250 }, { ...HTTP, name: 'api', port: 6443 }];

  it('that the kubelet or the API server has go to no load balancer; the others do', () => {
    const claimed = new Claimed({ loadBalancerIPs: [OWN], ports });
    const serverAddresses = [{ address: OWN, use: 'api-server', port: 6443 }] as const;
    claimed.refresh(claimed.desired.setFacts({ ...NO_FACTS, node, serverAddresses }));
    expect(claimed.beside).toEqual([`${OWN}:80/TCP`]);
    expect(claimed.reported.slice(1)).toEqual([
      expect.stringContaining(`spec.ports[1].port: 10250 at ${OWN}`),
      expect.stringContaining(`spec.ports[2].port: 6443 at ${OWN}`),
    ]);
  });

  it("that the kubelet, the API server or this proxy's health have are no NodePorts, whatever range the API server has for them", () => {
    const nodePorts = [10_250, 6443, 10_256, 30_000].map((nodePort) => ({
      ...HTTP,
      name: `p${nodePort}`,
      port: nodePort - 1,
      nodePort,
    }));
    const claimed = new Claimed({ ports: nodePorts }, {}, { agentPorts: [10_256] });
    const serverAddresses = [{ address: OWN, use: 'api-server', port: 6443 }] as const;
    claimed.refresh(claimed.desired.setFacts({ ...NO_FACTS, node, serverAddresses }));
    expect(claimed.beside.filter((text) => text.includes(OWN))).toEqual([`${OWN}:30000/TCP`]);
    expect(claimed.reported).toEqual([
      expect.stringMatching(/spec\.ports\[0\]\.nodePort: 10250 at .* the kubelet answers/),
      expect.stringMatching(/spec\.ports\[1\]\.nodePort: 6443 at .* the API server answers/),
      expect.stringMatching(/spec\.ports\[2\]\.nodePort: 10256 at .* this proxy answers/),
    ]);
  });

  it("that this proxy's health has go to no load balancer at an address of the node", () => {
    const health = [{ ...HTTP, port: 10_256 }];
    const claimed = new Claimed({ loadBalancerIPs: [OWN], ports: health }, {}, { agentPorts: [10_256] });
    expect(claimed.beside).toEqual([]);
  });

  it('of the same number of UDP are free, and those of bound addresses too', () => {
    const udp = ports.map((port) => ({ ...port, protocol: 'UDP' as const }));
    for (const parts of [
      { loadBalancerIPs: [OWN], ports: udp },
      { loadBalancerIPs: [FREE], ports },
    ]) {
      const claimed = new Claimed(parts);
      claimed.refresh(claimed.desired.setFacts({ ...NO_FACTS, node }));
      expect(claimed.reported.filter((text) => text.includes('spec.ports'))).toEqual([]);
    }
  });
});

describe('what the operator allows', () => {
  const ranges = parsedCidrs(['198.51.100.0/24']);

  it('externalIPs can be switched off, without a problem for each address', () => {
    const externalIPs = Array.from({ length: 200 }, (_, n) => address(`198.51.100.${n + 1}`));
    const claimed = new Claimed({ externalIPs }, { externalIPs: false });
    expect(claimed.beside).toEqual([]);
    expect(claimed.reported).toEqual([
      expect.stringMatching(
        /198\.51\.100\.1, 198\.51\.100\.2, 198\.51\.100\.3 and 197 more: each is not served, since/,
      ),
    ]);
    expect(new Claimed({ loadBalancerIPs: [FREE] }, { externalIPs: false }).reported).toEqual([]);
  });

  it("no externalIP and no ingress lies in the pods' ranges: those configured, and those of the Node", () => {
    for (const parts of [{ externalIPs: [POD] }, { loadBalancerIPs: [POD] }]) {
      expect(new Claimed(parts).reported).toEqual([]);
      expect(new Claimed(parts, { podRanges: parsedCidrs(['10.244.0.0/16']) }).beside).toEqual([]);
      const claimed = new Claimed(parts);
      const podCIDRs = ['10.244.3.0/24'];
      claimed.refresh(
        claimed.desired.setFacts({
          ...NO_FACTS,
          node: {
            name: 'node-1',
            uid: '',
            addresses: [],
            podCIDRs,
            zone: undefined,
            eligible: true,
          },
        }),
      );
      expect(claimed.reported).toEqual([expect.stringContaining("is an address of the pods' range")]);
    }
  });

  it('ranges for externalIPs and for ingress count each for its own field', () => {
    const outside = address('203.0.113.9');
    const both = { externalIPs: [FREE, outside] };
    expect(new Claimed(both, { externalRanges: ranges }).beside).toEqual([FREE, `${FREE}:80/TCP`]);
    expect(new Claimed(both, { ingressRanges: ranges }).reported).toEqual([]);
    const ingress = new Claimed({ loadBalancerIPs: [outside] }, { ingressRanges: ranges });
    expect(ingress.reported).toEqual([expect.stringContaining('is in no range that is allowed here')]);
    expect(ingress.desired.problems[0]?.remedy).toContain('loadBalancerIngress.allowedCIDRs');
  });
});
