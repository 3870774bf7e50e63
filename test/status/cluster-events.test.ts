import { expect, test } from 'vitest';
import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import type { EventRecord } from '../../src/model/event.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import type { Service, ServicePort } from '../../src/model/service.js';
import { serviceKey } from '../../src/model/service-key.js';
import { EventRecorder } from '../../src/status/events/event-recorder.js';
import { problemFound } from '../../src/status/events/occurrences.js';
import { HealthCheckPorts } from '../../src/status/health/health-check-ports.js';
import { Counts } from '../../src/status/metrics/exposition.js';
import { address, VIP_A, VIP_B } from '../support/addresses.js';
import { aService } from '../support/objects.js';
import { HandStatusClock } from '../support/status-clock.js';

const NODES = [
  ['172.18.0.2', '203.0.113.2'],
  ['172.18.0.3', '203.0.113.3'],
  ['172.18.0.4', '203.0.113.4'],
];

/** The Events that are in the cluster after every node has reported what it finds: their names are unique there. */
async function eventsOf(services: readonly Service[]): Promise<EventRecord[]> {
  const stored = new Map<string, EventRecord>();
  for (const [index, addresses] of NODES.entries()) await report(index, addresses, services, stored);
  return [...stored.values()];
}

async function report(
  index: number,
  addresses: readonly string[],
  services: readonly Service[],
  stored: Map<string, EventRecord>,
): Promise<void> {
  const clock = new HandStatusClock();
  clock.advance(1_000 * index);
  const sink = {
    async send(event: EventRecord) {
      if (!stored.has(event.name)) stored.set(event.name, event);
      return 'sent' as const;
    },
  };
  const events = new EventRecorder(sink, clock, new Counts('outcome'));
  for (const problem of problemsOn(`node-${index}`, addresses, services)) {
    const occurrence = problemFound(problem, 'uid-1');
    if (occurrence !== undefined) events.record(occurrence);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

function problemsOn(name: string, addresses: readonly string[], services: readonly Service[]) {
  const desired = new DesiredDataplane({ ...LONE_NODE, name, scheduler: 'rr' });
  const view = new ClusterView();
  desired.setNodeAddresses(addresses.map(address));
  for (const service of services)
    for (const key of view.setService(service)) desired.refresh(key, view.look(key));
  return desired.problems;
}

const port: ServicePort = { name: 'http', protocol: 'TCP', port: 80, nodePort: 30_001 };
const ports = [port];

test('a ClusterIP and a NodePort that two Services claim are one Event each for all nodes and all their addresses', async () => {
  const events = await eventsOf([
    aService('old', [VIP_A], { ports, created: 1 }),
    aService('young', [VIP_A], { ports, created: 2 }),
  ]);
  expect(events.map(({ note }) => note.split('. ')[0]).sort()).toEqual([
    'spec.ports[0].nodePort: node port 30001/TCP already belongs to Service default/old, which is older',
    'spec.ports[0].port: 10.96.0.10:80/TCP already belongs to Service default/old, which is older',
  ]);
});

test("a NodePort that meets a load balancer's address is an Event of the one node whose address it is", async () => {
  const external = { loadBalancerIPs: [address('172.18.0.3')] };
  const events = await eventsOf([
    aService('old', [VIP_A], { ports, created: 1 }),
    aService('young', [VIP_B], {
      ports: [{ ...port, port: 30_001, nodePort: 0 }],
      created: 2,
      ...external,
    }),
  ]);
  const notes = events.map(({ note }) => note).filter((note) => note.includes('already belongs'));
  expect(notes).toEqual([expect.stringContaining('172.18.0.3:30001/TCP already belongs')]);
});

test('a health check port that two Services claim is found alike on every node', async () => {
  const problems = new ProblemBoard();
  const checks = new HealthCheckPorts({
    clock: new HandStatusClock(),
    isHealthy: () => true,
    problemsFound: problems.topic('health check ports'),
  });
  const serviceMade = (created: number) => ({ port: 0, localEndpoints: 1, created });
  checks.update(
    new Map([
      [serviceKey('default', 'old'), serviceMade(1)],
      [serviceKey('default', 'young'), serviceMade(2)],
    ]),
  );
  expect(problems.list.map((problem) => problemFound(problem, undefined)?.everywhere)).toEqual([true]);
  await checks.close();
});
