import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { translateEndpointSlice } from '../../src/api-objects/endpoint-slice.js';
import { translateService } from '../../src/api-objects/service.js';
import type { Translation } from '../../src/api-objects/translation.js';
import { type Address, familyOf, parseAddress } from '../../src/model/address.js';
import { parseCidr } from '../../src/model/cidr.js';
import type { EndpointSlice } from '../../src/model/endpoint-slice.js';
import { MOST_PROBLEMS, problemText } from '../../src/model/problem.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import { SCHEDULER_FLAGS, SCHEDULERS } from '../../src/model/scheduler.js';
import type { Service } from '../../src/model/service.js';
import { serviceObject, sliceObject } from './objects.js';

/** Any value, with a leaning towards those that are nearly right. */
const anything = fc.oneof(
  fc.anything(),
  fc.jsonValue(),
  fc.constantFrom('10.96.0.10', 'fd00::1', '::ffff:1.2.3.4', 'None', 'web', 80, 0, true, null, [], {}, 'UDP'),
);

/** An object in order, in which one or several places hold something else. */
function damaged(whole: unknown): fc.Arbitrary<unknown> {
  const paths = pathsIn(whole);
  const damage = fc.tuple(fc.constantFrom(...paths), anything);
  return fc.array(damage, { minLength: 1, maxLength: 4 }).map((damages) => {
    const copy: unknown = structuredClone(whole);
    for (const [path, value] of damages) put(copy, path, value);
    return copy;
  });
}

function pathsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const below = Object.entries(value).flatMap(([key, child]) => pathsIn(child, [...path, key]));
  return path.length === 0 ? below : [[...path], ...below];
}

function put(target: unknown, [step = '', ...rest]: readonly string[], value: unknown): void {
  if (typeof target !== 'object' || target === null) return;
  if (rest.length > 0) put(Reflect.get(target, step), rest, value);
  else Reflect.defineProperty(target, step, { value, enumerable: true, writable: true, configurable: true });
}

function expectAddress(address: Address): void {
  expect(parseAddress(address)).toBe(address);
}

function expectPort(port: number): void {
  expect(Number.isInteger(port) && port >= 1 && port <= 65_535).toBe(true);
}

function expectService(service: Service): void {
  expect(service.key).toMatch(/^[-a-z0-9]+\/[-a-z0-9]+$/);
  expect(service.clusterIPs.length).toBeGreaterThan(0);
  expect(new Set(service.clusterIPs.map(familyOf)).size).toBe(service.clusterIPs.length);
  const everyAddress = [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs];
  everyAddress.forEach(expectAddress);
  expect(new Set(everyAddress).size).toBe(everyAddress.length);
  for (const { name, protocol, port, nodePort } of service.ports) {
    expectPort(port);
    if (nodePort !== 0) expectPort(nodePort);
    expect(PROTOCOLS).toContain(protocol);
    expect(name).toMatch(/^[-a-z0-9]*$/);
  }
  expect(new Set(service.ports.map(({ name }) => name)).size).toBe(service.ports.length);
  expect(service.affinityTimeout >= 0 && service.affinityTimeout <= 86_400).toBe(true);
  expect(Number.isInteger(service.created) && service.created >= 0).toBe(true);
  expectAnnotations(service);
  expect(service.healthCheckNodePort === 0 || service.externalPolicy === 'Local').toBe(true);
  expect(['Cluster', 'Local']).toEqual(
    expect.arrayContaining([service.internalPolicy, service.externalPolicy]),
  );
  for (const range of service.sourceRanges) expect(parseCidr(range.text)).toEqual(range);
}

function expectAnnotations({ scheduler, schedulerFlags, weights, slowStart, drainDeadline }: Service): void {
  expect([undefined, ...SCHEDULERS]).toContain(scheduler);
  for (const flag of schedulerFlags) expect(SCHEDULER_FLAGS).toContain(flag);
  for (const { weight } of weights) expectPort(weight);
  for (const seconds of [slowStart, drainDeadline ?? 0])
    expect(Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400).toBe(true);
}

function expectSlice(slice: EndpointSlice): void {
  expect(slice.key).toMatch(/^[-a-z0-9]+\/[-.a-z0-9]+$/);
  expect(slice.service).toMatch(/^[-a-z0-9]+\/[-a-z0-9]+$/);
  for (const endpoint of slice.endpoints) {
    expectAddress(endpoint.address);
    expect(familyOf(endpoint.address)).toBe(slice.family);
    for (const flag of [endpoint.ready, endpoint.serving, endpoint.terminating])
      expect(flag).toBeTypeOf('boolean');
    expect(endpoint.node ?? 'unsaid').toMatch(/^[-.a-z0-9]+$/);
    for (const name of [
      endpoint.zone ?? 'unsaid',
      ...(endpoint.zoneHints ?? []),
      ...(endpoint.nodeHints ?? []),
    ])
      expect(name).toMatch(/^[-.\w]+$/);
  }
  slice.ports.forEach(({ port }) => void expectPort(port));
}

function expectInOrder<R>(translation: Translation<R>, expectRecord: (record: R) => void): void {
  expect(translation.problems.length).toBeLessThanOrEqual(MOST_PROBLEMS + 1);
  for (const problem of translation.problems) expect(problemText(problem)).toMatch(/^\P{Cc}{1,2000}$/u);
  if (translation.kind === 'translated') expectRecord(translation.record);
}

const fullService = {
  ...(serviceObject(
    {
      type: 'LoadBalancer',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      externalIPs: ['192.0.2.10'],
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 32_000,
      loadBalancerSourceRanges: ['198.51.100.0/24'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080, nodePort: 30_080 }],
    },
    {
      labels: { app: 'web' },
      annotations: {
        'kube-ipvs-proxy.io/scheduler': 'mh,mh-port',
        'kube-ipvs-proxy.io/scheduler-flags': 'mh-fallback',
        'kube-ipvs-proxy.io/weights': 'zone=eu-1a:3,*:1',
        'kube-ipvs-proxy.io/slow-start': '30s',
        'kube-ipvs-proxy.io/drain-deadline': '5m',
      },
      creationTimestamp: '2026-01-31T12:00:00Z',
    },
  ) as object),
  status: { loadBalancer: { ingress: [{ ip: '192.0.2.20', ipMode: 'VIP' }] } },
};

const fullSlice = sliceObject({
  endpoints: [
    {
      addresses: ['10.244.0.5'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-a',
      zone: 'eu-1a',
      hints: { forZones: [{ name: 'eu-1a' }], forNodes: [{ name: 'node-a' }] },
    },
  ],
});

describe('whatever the object is, nothing is thrown and what is returned is valid', () => {
  test('any value as a Service', () => {
    fc.assert(fc.property(anything, (object) => expectInOrder(translateService(object), expectService)));
  });

  test('any value as an EndpointSlice', () => {
    fc.assert(fc.property(anything, (object) => expectInOrder(translateEndpointSlice(object), expectSlice)));
  });

  test('a damaged Service', () => {
    const damagedService = fc.property(damaged(fullService), (object) => {
      expectInOrder(translateService(object), expectService);
    });
    fc.assert(damagedService, { numRuns: 500 });
  });

  test('a damaged EndpointSlice', () => {
    const damagedSlice = fc.property(damaged(fullSlice), (object) => {
      expectInOrder(translateEndpointSlice(object), expectSlice);
    });
    fc.assert(damagedSlice, { numRuns: 500 });
  });
});

test('an object in order has no problems, and translation does not change it', () => {
  const before = JSON.stringify(fullService);
  expect(translateService(fullService).problems).toEqual([]);
  expect(translateEndpointSlice(fullSlice).problems).toEqual([]);
  expect(JSON.stringify(fullService)).toBe(before);
});
