import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { NO_FACTS } from '../../src/model/cluster-facts.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import { type OtherNodes, otherNodes } from '../../src/model/node.js';
import type { Service } from '../../src/model/service.js';
import type { ServiceKey } from '../../src/model/service-key.js';
import { address, POD_1, POD_1_6, VIP_A, VIP_A6, VIP_B } from '../support/addresses.js';
import { aService, aSlice } from '../support/objects.js';

const OUTSIDE = address('198.51.100.7');
const OUTSIDE_6 = address('2001:db8:51::7');
const NOBODY: OtherNodes = new Map();

const worker2 = (...texts: string[]): OtherNodes =>
  otherNodes([{ name: 'worker-2', addresses: texts.map(address) }], 'node-1');

class Cluster {
  readonly desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1' });
  readonly #view = new ClusterView();

  constructor(...services: Service[]) {
    for (const service of services) {
      const name = service.key.replace('default/', '');
      this.#view.setService(service);
      this.#view.setSlice(aSlice(name, [POD_1]));
      this.#view.setSlice(aSlice(name, [POD_1_6], { name: `${name}-6` }));
    }
    this.refresh(this.#view.keys());
  }

  refresh(keys: Iterable<ServiceKey>): void {
    for (const key of keys) this.desired.refresh(key, this.#view.look(key));
  }

  /** Answers with the Services that were worked out anew. */
  tell(others: OtherNodes): ServiceKey[] {
    const keys = this.desired.setFacts({ ...NO_FACTS, otherNodes: others });
    this.refresh(keys);
    return keys;
  }

  get bound(): string[] {
    return [...this.desired.bound].sort();
  }

  get fields(): (string | undefined)[] {
    return this.desired.problems.map(({ field }) => field);
  }
}

const web = (parts: Partial<Service> = {}) =>
  aService('web', [VIP_A, VIP_A6], { externalIPs: [OUTSIDE, OUTSIDE_6], ...parts });

describe('a VIP that another Node has', () => {
  it('is neither bound, guarded nor balanced, and is named by its field', () => {
    const cluster = new Cluster(web());
    cluster.tell(worker2(OUTSIDE, OUTSIDE_6));
    expect(cluster.bound).toEqual([VIP_A, VIP_A6]);
    expect([...cluster.desired.policy.open.keys()]).toEqual(['10.96.0.10:80/TCP', '[fd00:96::10]:80/TCP']);
    expect([...cluster.desired.policy.traffic.masqueraded.keys()]).toEqual([]);
    expect(cluster.fields).toEqual(['spec.externalIPs']);
    expect(cluster.desired.problems[0]?.message).toMatch(
      /^198\.51\.100\.7, 2001:db8:51::7: each is an address of Node worker-2/,
    );
    // Thousands of nodes say the same of it: one Event is enough.
    expect(cluster.desired.problems.map(({ everywhere }) => everywhere)).toEqual([true]);
  });

  it.each([
    ['status.loadBalancer', web({ externalIPs: [], loadBalancerIPs: [OUTSIDE] }), OUTSIDE],
    ['spec.clusterIPs', web({ externalIPs: [] }), VIP_A],
  ] as const)('is found in %s too', (field, service, at) => {
    const cluster = new Cluster(service);
    cluster.tell(worker2(at));
    expect([cluster.desired.bound.has(at), cluster.fields]).toEqual([false, [field]]);
  });

  it('is bound again when no Node has it any more, even if the Service has no other', () => {
    const cluster = new Cluster(aService('web', [VIP_A]));
    cluster.tell(worker2(VIP_A));
    expect(cluster.bound).toEqual([]);
    expect(cluster.tell(NOBODY)).toEqual(['default/web']);
    expect([cluster.bound, cluster.fields]).toEqual([[VIP_A], []]);
  });

  it('leaves to its own node what this node has as well', () => {
    const cluster = new Cluster(web({ externalIPs: [], loadBalancerIPs: [OUTSIDE] }));
    cluster.refresh(cluster.desired.setNodeAddresses([OUTSIDE]));
    cluster.tell(worker2(OUTSIDE));
    expect([...cluster.desired.policy.open.keys()]).toContain('198.51.100.7:80/TCP');
    expect(cluster.desired.problems[0]?.message).toContain('an address of this node itself');
    expect(cluster.desired.mustLeave(OUTSIDE, new Set())).toBe(false);
  });
});

describe('when addresses of other Nodes change', () => {
  const mail = aService('mail', [VIP_B]);

  it('together with the Node object, the Services that either concerns are worked out anew, each once', () => {
    const cluster = new Cluster(web(), mail);
    const node = {
      name: 'node-1',
      uid: '',
      addresses: [address('192.0.2.1')],
      podCIDRs: [],
      zone: undefined,
      eligible: true,
    };
    const keys = cluster.desired.setFacts({ ...NO_FACTS, node, otherNodes: worker2(OUTSIDE, VIP_B) });
    expect(keys.sort()).toEqual(['default/mail', 'default/web']);
  });

  it('only Services that claim one of them are worked out anew', () => {
    const cluster = new Cluster(web(), mail);
    expect(cluster.tell(worker2('192.0.2.2'))).toEqual([]);
    expect(cluster.tell(worker2('192.0.2.2', OUTSIDE))).toEqual(['default/web']);
    expect(cluster.tell(worker2('192.0.2.3', OUTSIDE))).toEqual([]);
    expect(cluster.tell(worker2(OUTSIDE, VIP_B))).toEqual(['default/mail']);
  });

  it('a Service is named once, though it loses one address and gets another back', () => {
    const cluster = new Cluster(web());
    cluster.tell(worker2(OUTSIDE));
    expect(cluster.tell(worker2(OUTSIDE_6))).toEqual(['default/web']);
  });

  it('the Service says which Node has its address now', () => {
    const cluster = new Cluster(web());
    cluster.tell(worker2(OUTSIDE));
    cluster.tell(otherNodes([{ name: 'worker-3', addresses: [OUTSIDE] }], 'node-1'));
    expect(cluster.desired.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('an address of Node worker-3'),
    ]);
  });
});
