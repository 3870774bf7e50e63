import { describe, expect, it } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { Allowance, type Demand } from '../../src/desired/service-limits.js';
import type { Address } from '../../src/model/address.js';
import { parsedCidrs } from '../../src/model/cidr.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import type { Service, ServicePort } from '../../src/model/service.js';
import { address, POD_1, VIP_A } from '../support/addresses.js';
import { aService, aSlice } from '../support/objects.js';

const addresses = (count: number, net = '20.0') =>
  Array.from({ length: count }, (_, index) => address(`${net}.${index >> 8}.${index & 255}`));
const portsTo = (count: number): ServicePort[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `p${index}`,
    protocol: 'TCP',
    port: index + 1,
    nodePort: 0,
  }));

/** A slice that serves all of these ports. */
const sliceOf = (ports: readonly ServicePort[], pods: readonly Address[] = [POD_1]): EndpointSlice =>
  aSlice('web', pods, {
    ports: ports.map(({ name, protocol, port }) => ({ name, protocol, port: port + 8_000 })),
  });

function desiredOf(service: Service, slice?: EndpointSlice, maxFrontends = 5_000): DesiredDataplane {
  const view = new ClusterView();
  const desired = new DesiredDataplane({ ...LONE_NODE, maxFrontends });
  view.setService(service);
  if (slice !== undefined) view.setSlice(slice);
  desired.refresh(service.key, view.look(service.key));
  return desired;
}

describe('a Service with more frontends than one may have', () => {
  const ports = portsTo(600);
  const externalIPs = addresses(600);
  const { virtualServers, bound, problems } = desiredOf(
    aService('web', [VIP_A], { ports, externalIPs }),
    sliceOf(ports),
  );

  it('has the first of them, its ClusterIP before all others', () => {
    expect(virtualServers.size).toBe(5_000);
    const frontends = [...virtualServers.values()].map(({ frontend }) => frontend);
    expect(frontends.slice(0, 600).every((front) => front.address === VIP_A)).toBe(true);
    const last = frontends.filter(({ address }) => address === '20.0.0.7').map(({ port }) => port);
    expect([last.length, Math.max(...last)]).toEqual([200, 200]);
  });

  it('binds no address at which nothing is served', () => {
    expect([...bound]).toEqual([VIP_A, ...externalIPs.slice(0, 8)]);
  });

  it('is reported once', () => {
    expect(problems).toMatchObject([{ reason: 'TooManyFrontends' }]);
    expect(problems[0]?.message).toBe(
      'its ports and addresses make 360600 frontends, more than one Service may have on a node: the first 5000 are served, ' +
        "and from 20.0.0.7:201/TCP on none. ClusterIPs come first, then NodePorts, load balancers' addresses and external IPs.",
    );
  });

  it('binds nothing of an address whose first port is too many', () => {
    const few = desiredOf(aService('web', [VIP_A], { ports: portsTo(2), externalIPs }), sliceOf(ports), 4);
    expect([...few.bound]).toEqual([VIP_A, '20.0.0.0']);
    expect(few.problems[0]?.message).toContain('the first 4 are served, and from 20.0.0.1:1/TCP on none');
  });

  it('counts the view of clients inside as one more', () => {
    const local = aService('web', [VIP_A], { ports: portsTo(1), externalIPs, externalPolicy: 'Local' });
    expect(desiredOf(local, sliceOf(ports), 5).virtualServers.size).toBe(5);
  });
});

/** How often the name of a port of the slice is read while the Service is worked out. */
function readsOfNames(count: number): number {
  let reads = 0;
  const ports = portsTo(count);
  const slice = sliceOf(ports);
  for (const port of slice.ports) {
    const { name } = port;
    const get = () => {
      reads++;
      return name;
    };
    Object.defineProperty(port, 'name', { get });
  }
  desiredOf(aService('web', [VIP_A], { ports }), slice);
  return reads;
}

describe('a slice with as many ports as its Service', () => {
  it('is gone through once, not once for each port', () => {
    expect(readsOfNames(2_000)).toBeLessThanOrEqual(2 * readsOfNames(1_000));
  });
});

describe('what one Service may have', () => {
  const demand = (servers: number, sources = 0): Demand => ({
    virtualServer: { realServers: { size: servers } },
    sources: { size: sources },
  });
  const taken = (...demands: readonly Demand[]) => {
    const allowance = new Allowance(3);
    return demands.map((each) => allowance.take(each));
  };

  it('is one frontend at least, however many endpoints it has', () => {
    expect(taken(demand(100_001), demand(0))).toEqual([true, false]);
  });

  it('ends with the frontends, the servers or the source ranges, whichever end first', () => {
    expect(taken(demand(1), demand(1), demand(1), demand(1))).toEqual([true, true, true, false]);
    expect(taken(demand(60_000), demand(40_000), demand(1))).toEqual([true, true, false]);
    expect(taken(demand(1, 20_000), demand(1, 1))).toEqual([true, false]);
  });
});

describe('source ranges', () => {
  const ranges = parsedCidrs(addresses(1_000, '40.0').map((each) => `${each}/32`));
  const loadBalancerIPs = addresses(2);

  it('are one list for all frontends of a Service, and no more elements than one may have', () => {
    const ports = portsTo(100);
    const service = aService('web', [VIP_A], { ports, loadBalancerIPs, sourceRanges: ranges });
    const { policy, problems } = desiredOf(service, sliceOf(ports));
    expect(policy.sources.size).toBe(20);
    expect(new Set([...policy.sources.values()].map(({ cidrs }) => cidrs)).size).toBe(1);
    expect(problems[0]?.message).toContain('the first 120 are served');
  });
});
