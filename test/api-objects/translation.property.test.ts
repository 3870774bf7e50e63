import { isDeepStrictEqual } from 'node:util';
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

/**
 * The sentences about a record that do not hold. One `expect` for each would take longer than the translations: it is
 * 20 of them, a thousand times.
 */
function untrue(claims: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(claims).filter((claim) => claims[claim] === false);
}

const isAddress = (address: Address) => parseAddress(address) === address;
const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65_535;
const isSeconds = (seconds: number) => Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400;
const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length;

function faultsOfService(service: Service): string[] {
  const { clusterIPs, externalIPs, loadBalancerIPs, ports, sourceRanges } = service;
  const everyAddress = [...clusterIPs, ...externalIPs, ...loadBalancerIPs];
  return [
    ...untrue({
      'the key is namespace and name': /^[-a-z0-9]+\/[-a-z0-9]+$/.test(service.key),
      'there is a cluster IP': clusterIPs.length > 0,
      'cluster IPs have different families': isUnique(clusterIPs.map(familyOf)),
      'every address is one': everyAddress.every(isAddress),
      'no address is there twice': isUnique(everyAddress),
      'every port is one': ports.every(({ port }) => isPort(port)),
      'every node port is one, or 0': ports.every(({ nodePort }) => nodePort === 0 || isPort(nodePort)),
      'every protocol is one': ports.every(({ protocol }) => PROTOCOLS.includes(protocol)),
      'every port has the name of one': ports.every(({ name }) => /^[-a-z0-9]*$/.test(name)),
      'no port is there twice': isUnique(ports.map(({ name }) => name)),
      'affinity lasts a day at most': service.affinityTimeout >= 0 && service.affinityTimeout <= 86_400,
      'it was made at some time': Number.isInteger(service.created) && service.created >= 0,
      'only local traffic has a health check':
        service.healthCheckNodePort === 0 || service.externalPolicy === 'Local',
      'policies are Cluster or Local': [service.internalPolicy, service.externalPolicy].every((policy) =>
        ['Cluster', 'Local'].includes(policy),
      ),
      'every source range is one': sourceRanges.every((range) =>
        isDeepStrictEqual(parseCidr(range.text), range),
      ),
    }),
    ...faultsOfAnnotations(service),
  ];
}

function faultsOfAnnotations(service: Service): string[] {
  const { scheduler, schedulerFlags, weights, slowStart, drainDeadline = 0 } = service;
  return untrue({
    'the scheduler is one': [undefined, ...SCHEDULERS].some((known) => known === scheduler),
    'every flag of it is one': schedulerFlags.every((flag) => SCHEDULER_FLAGS.includes(flag)),
    'every weight is within its bounds': weights.every(({ weight }) => isPort(weight)),
    'both times last a day at most': [slowStart, drainDeadline].every(isSeconds),
  });
}

function faultsOfSlice({ key, service, family, endpoints: list, ports }: EndpointSlice): string[] {
  const endpoints = [...list];
  const names = endpoints.flatMap(({ zone = 'unsaid', zoneHints = [], nodeHints = [] }) => [
    zone,
    ...zoneHints,
    ...nodeHints,
  ]);
  return untrue({
    'the key is namespace and name': /^[-a-z0-9]+\/[-.a-z0-9]+$/.test(key),
    'its Service is namespace and name': /^[-a-z0-9]+\/[-a-z0-9]+$/.test(service),
    'every address is one': endpoints.every(({ address }) => isAddress(address)),
    'every address is of its family': endpoints.every(({ address }) => familyOf(address) === family),
    'every condition is yes or no': endpoints
      .flatMap(({ ready, serving, terminating }) => [ready, serving, terminating])
      .every((condition) => typeof condition === 'boolean'),
    'every node has the name of one': endpoints.every(({ node = 'unsaid' }) => /^[-.a-z0-9]+$/.test(node)),
    'every zone and hint has the name of one': names.every((name) => /^[-.\w]+$/.test(name)),
    'every port is one': ports.every(({ port }) => isPort(port)),
  });
}

function expectInOrder<R>({ problems, ...rest }: Translation<R>, faultsOf: (record: R) => string[]): void {
  expect(problems.length).toBeLessThanOrEqual(MOST_PROBLEMS + 1);
  expect(problems.map(problemText).filter((text) => !/^\P{Cc}{1,2000}$/u.test(text))).toEqual([]);
  if (rest.kind === 'translated') expect(faultsOf(rest.record)).toEqual([]);
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
    fc.assert(fc.property(anything, (object) => expectInOrder(translateService(object), faultsOfService)));
  });

  test('any value as an EndpointSlice', () => {
    fc.assert(
      fc.property(anything, (object) => expectInOrder(translateEndpointSlice(object), faultsOfSlice)),
    );
  });

  test('a damaged Service', () => {
    const damagedService = fc.property(damaged(fullService), (object) => {
      expectInOrder(translateService(object), faultsOfService);
    });
    fc.assert(damagedService, { numRuns: 500 });
  });

  test('a damaged EndpointSlice', () => {
    const damagedSlice = fc.property(damaged(fullSlice), (object) => {
      expectInOrder(translateEndpointSlice(object), faultsOfSlice);
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
