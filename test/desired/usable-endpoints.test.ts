import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { ReservedUse } from '../../src/model/reserved-address.js';
import type { Service } from '../../src/model/service.js';
import type { ServiceKey } from '../../src/model/service-key.js';
import { address, POD_1, VIP_A } from '../support/addresses.js';
import { testAgent } from '../support/agent.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { aService, aSlice } from '../support/objects.js';

const AT = address('172.18.255.255');

/** A Service with one pod and something else as its endpoints, on a node that reserves what it is told to. */
class WithEndpoint {
  readonly desired = new DesiredDataplane({ ...LONE_NODE, name: 'node-1' });
  readonly #view = new ClusterView();

  constructor(endpoint = AT, over: Partial<Service> = {}) {
    this.#view.setService(aService('web', [VIP_A], over));
    this.#view.setSlice(aSlice('web', [POD_1, endpoint]));
    this.#refresh(this.#view.keys());
  }

  reserve(...uses: readonly ReservedUse[]): ServiceKey[] {
    const list = uses.map((use) => ({ address: AT, use, port: 0 }));
    const concerned = this.desired.setReserved(list);
    this.#refresh(concerned);
    return concerned;
  }

  get servers(): string[] {
    const { virtualServers } = this.desired;
    return [...virtualServers.values()].flatMap(({ realServers }) => [...realServers].map(({ key }) => key));
  }

  #refresh(keys: Iterable<ServiceKey>): void {
    for (const key of keys) this.desired.refresh(key, this.#view.look(key));
  }
}

const BOTH = [`${POD_1}:8080`, `${AT}:8080`];

describe('an endpoint at which no pod can be', () => {
  it.each(['broadcast', 'network'] as const)(
    'is left out as long as it is a %s address of this node, and reported once',
    (use) => {
      const web = new WithEndpoint();
      expect(web.servers.sort()).toEqual([...BOTH].sort());
      expect(web.reserve(use)).toEqual(['default/web']);
      expect(web.servers).toEqual([`${POD_1}:8080`]);
      expect(web.desired.problems).toHaveLength(1);
      expect(web.desired.problems[0]).toMatchObject({ kind: 'object', service: 'default/web' });
      expect(web.desired.problems[0]?.message).toContain(`an endpoint at which no pod can be, ${AT}: `);
      expect(web.reserve()).toEqual(['default/web']);
      expect(web.servers.sort()).toEqual([...BOTH].sort());
      expect(web.desired.problems).toEqual([]);
    },
  );

  it.each(['0.1.2.3', '::2', '100::1'])('%s is left out on every node', (text) => {
    const slices = [aSlice('web', [address(text)])];
    const desired = new DesiredDataplane(LONE_NODE);
    const { key } = aService('web', []);
    const family = text.includes(':') ? address('fd00:96::10') : VIP_A;
    desired.refresh(key, { service: aService('web', [family]), slices });
    expect(desired.virtualServers.size).toBe(0);
    expect(desired.problems[0]?.message).toContain(text);
  });

  it('does not make a load balancer send its clients to this node', () => {
    const desired = new DesiredDataplane(LONE_NODE);
    const service = aService('web', [VIP_A], { healthCheckNodePort: 30_500, externalPolicy: 'Local' });
    desired.refresh(service.key, { service, slices: [aSlice('web', [address('0.0.0.1')])] });
    expect(desired.healthChecks.get(service.key)?.localEndpoints).toBe(0);
  });

  it('is reported once for a slice full of them, by the first three', () => {
    const pods = Array.from({ length: 100 }, (_, index) => address(`0.0.1.${index}`));
    const desired = new DesiredDataplane(LONE_NODE);
    const service = aService('web', [VIP_A]);
    desired.refresh(service.key, { service, slices: [aSlice('web', pods)] });
    expect(desired.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('endpoints at which no pod can be, 0.0.1.0, 0.0.1.1, 0.0.1.2 and 97 more: '),
    ]);
  });

  it('may be the API server, a gateway or a resolver', () => {
    for (const use of ['api-server', 'proxy', 'gateway', 'resolver'] as const) {
      const web = new WithEndpoint();
      web.reserve(use);
      expect(web.servers.sort()).toEqual([...BOTH].sort());
      expect(web.desired.problems).toEqual([]);
    }
  });

  it('concerns no Service that has other endpoints', () => {
    expect(new WithEndpoint(address('10.244.0.9')).reserve('broadcast')).toEqual([]);
  });
});

describe('an agent whose kernel refuses broadcast addresses', () => {
  it('never asks it to add one that a slice has', async () => {
    const kernel = new FakeKernel();
    kernel.setReservedAddresses([{ address: AT, use: 'broadcast', port: 0 }]);
    const agent = testAgent(kernel);
    agent.source.put(aService('web', [VIP_A]), aSlice('web', [POD_1, AT]));
    await agent.start();
    await agent.converge();
    const [server] = kernel.state.virtualServers.values();
    expect([...(server?.realServers ?? [])].map(({ address: each }) => each)).toEqual([POD_1]);
  });
});
