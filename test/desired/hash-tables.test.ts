import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE, type NodeProfile } from '../../src/desired/node-view.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { Service } from '../../src/model/service.js';
import { address, POD_1, VIP_A } from '../support/addresses.js';
import { aService, aSlice, HTTP } from '../support/objects.js';

const NODE: NodeProfile = { ...LONE_NODE, stickyScheduler: 'mh', smallStickyScheduler: 'sh' };

/** Services with affinity and so many ports on their ClusterIP and one external address, worked out in their order. */
class Cluster {
  readonly desired: DesiredDataplane;
  readonly #view = new ClusterView();

  constructor(node: Partial<NodeProfile> = {}) {
    this.desired = new DesiredDataplane({ ...NODE, ...node });
  }

  put(number: number, ports: number, over: Partial<Service> = {}): void {
    const service = aService(`s${number}`, [address(`10.96.${number}.1`)], {
      externalIPs: [address(`20.0.${number}.1`)],
      affinityTimeout: 60,
      ports: Array.from({ length: ports }, (_, index) => ({ ...HTTP, port: index + 1 })),
      ...over,
    });
    this.#view.setService(service);
    this.#view.setSlice(aSlice(`s${number}`, [POD_1]));
    this.desired.refresh(service.key, this.#view.look(service.key));
  }

  remove(number: number): void {
    const { key } = aService(`s${number}`, [VIP_A]);
    this.#view.deleteService(key);
    this.desired.refresh(key, this.#view.look(key));
  }

  /** How many virtual servers have each scheduler. */
  get schedulers(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { settings } of this.desired.virtualServers.values())
      counts[settings.scheduler] = (counts[settings.scheduler] ?? 0) + 1;
    return counts;
  }
}

describe('tables of the scheduler mh', () => {
  it('are had by a Service with affinity and a few ways in', () => {
    const cluster = new Cluster();
    cluster.put(1, 32);
    expect([cluster.schedulers, cluster.desired.problems]).toEqual([{ mh: 64 }, []]);
  });

  it('are not had by one with many: it hashes by a smaller table', () => {
    const cluster = new Cluster();
    cluster.put(1, 33);
    expect([cluster.schedulers, cluster.desired.problems]).toEqual([{ sh: 66 }, []]);
  });

  it('are no more than 1,024 together, and free again when a Service goes', () => {
    const cluster = new Cluster();
    for (let number = 1; number <= 20; number++) cluster.put(number, 32);
    expect(cluster.schedulers).toEqual({ mh: 1_024, sh: 256 });
    cluster.put(3, 32);
    expect(cluster.schedulers).toEqual({ mh: 1_024, sh: 256 });
    cluster.remove(1);
    cluster.put(20, 32);
    expect(cluster.schedulers).toEqual({ mh: 1_024, sh: 192 });
  });

  it('are counted for what clients inside see as well', () => {
    const cluster = new Cluster();
    cluster.put(1, 22, { externalPolicy: 'Local' });
    expect(cluster.schedulers).toEqual({ sh: 66 });
  });

  it('are counted where an annotation asks for them, and then it is reported', () => {
    const cluster = new Cluster();
    cluster.put(1, 600, { scheduler: 'mh', affinityTimeout: 0 });
    expect(cluster.schedulers).toEqual({ sh: 1_200 });
    expect(cluster.desired.problems.map(({ message }) => message)).toEqual([
      'its 1200 virtual servers would need as many tables of the scheduler mh; a Service may have 64, and all together 1024. ' +
        'They have the scheduler sh.',
    ]);
  });

  it('are not replaced by anything where the kernel has no sh, and then it is reported', () => {
    const cluster = new Cluster({ smallStickyScheduler: undefined });
    cluster.put(1, 33);
    expect(cluster.schedulers).toEqual({ rr: 66 });
    expect(cluster.desired.problems).toMatchObject([{ reason: 'SchedulerReplaced' }]);
  });

  it('are not counted where the operator made mh the scheduler of the node', () => {
    const cluster = new Cluster({ scheduler: 'mh' });
    cluster.put(1, 600);
    expect(cluster.schedulers).toEqual({ mh: 1_200 });
  });
});
