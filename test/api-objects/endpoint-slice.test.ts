import { describe, expect, test } from 'vitest';
import { translateEndpointSlice } from '../../src/api-objects/endpoint-slice.js';
import { EndpointList, StatedEndpoint } from '../../src/model/endpoint-slice.js';
import { address } from '../support/addresses.js';
import { reasonOf, recordOf, sliceObject, textsOf } from './objects.js';

const slice = (fields: object = {}, labels: object = {}) =>
  translateEndpointSlice(sliceObject(fields, labels));
const pathsOf = (fields: object, labels: object = {}) =>
  slice(fields, labels).problems.map(({ field }) => field);

const POD_ADDRESS = address('10.244.0.5');
const POD = { addresses: [POD_ADDRESS] };
const READY = { ready: true, serving: true, terminating: false };
const OTHER_POD = { addresses: ['10.244.0.6'] };

describe('a slice in order', () => {
  test('becomes a record', () => {
    const translation = slice();
    expect(recordOf(translation)).toEqual({
      key: 'shop/web-x1',
      service: 'shop/web',
      family: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      endpoints: new EndpointList([new StatedEndpoint(POD_ADDRESS, { ...READY, node: 'node-a' })]),
    });
    expect(translation.problems).toEqual([]);
  });

  test('may have dots in its name', () => {
    const object = sliceObject({
      metadata: { name: 'web.v2', labels: { 'kubernetes.io/service-name': 'web' } },
    });
    expect(recordOf(translateEndpointSlice(object)).key).toBe('default/web.v2');
  });

  test('may have no ports and no endpoints at all', () => {
    const record = recordOf(slice({ ports: null, endpoints: undefined }));
    expect([record.ports, [...record.endpoints]]).toEqual([[], []]);
  });

  test('keeps IPv6 endpoints in canonical form', () => {
    const record = recordOf(slice({ addressType: 'IPv6', endpoints: [{ addresses: ['FD00:0::5'] }] }));
    expect([record.family, record.endpoints.at(0)?.address]).toEqual(['IPv6', 'fd00::5']);
  });

  test('passes over a port without a number, as kube-proxy does', () => {
    const translation = slice({ ports: [{ name: 'any' }, { name: 'null', port: null }, { port: 8080 }] });
    expect(recordOf(translation).ports).toEqual([{ name: '', protocol: 'TCP', port: 8080 }]);
    expect(translation.problems).toEqual([]);
  });

  test('takes the first address of an endpoint only', () => {
    const translation = slice({ endpoints: [{ addresses: ['10.244.0.5', 'nonsense'] }] });
    expect(Array.from(recordOf(translation).endpoints, ({ address }) => address)).toEqual(['10.244.0.5']);
    expect(translation.problems).toEqual([]);
  });
});

describe('the conditions of an endpoint', () => {
  test.each([
    [undefined, { ready: true, serving: true, terminating: false }],
    [null, { ready: true, serving: true, terminating: false }],
    [{}, { ready: true, serving: true, terminating: false }],
    [
      { ready: null, serving: null },
      { ready: true, serving: true, terminating: false },
    ],
    [{ ready: false }, { ready: false, serving: false, terminating: false }],
    [
      { ready: false, serving: true, terminating: true },
      { ready: false, serving: true, terminating: true },
    ],
  ])('%o mean %o', (conditions, expected) => {
    expect(recordOf(slice({ endpoints: [{ ...POD, conditions }] })).endpoints.at(0)).toMatchObject(expected);
  });

  test.each(['ready', 'serving', 'terminating'])('must be true or false: %s', (name) => {
    const translation = slice({ endpoints: [{ ...POD, conditions: { [name]: 'no' } }, OTHER_POD] });
    expect(Array.from(recordOf(translation).endpoints, ({ address }) => address)).toEqual(['10.244.0.6']);
    expect(translation.problems.map(({ field }) => field)).toEqual([`endpoints[0].conditions.${name}`]);
  });

  test('must be an object', () => {
    expect(pathsOf({ endpoints: [{ ...POD, conditions: 'ready' }] })).toEqual(['endpoints[0].conditions']);
  });
});

describe('a slice is left alone', () => {
  test.each([
    ['headless', 'service.kubernetes.io/headless'],
    ['other-proxy', 'service.kubernetes.io/service-proxy-name'],
  ])('without a word when it is %s, even if it names no Service', (because, label) => {
    const labels = { [label]: '', 'kubernetes.io/service-name': undefined };
    const translation = slice({}, labels);
    expect([reasonOf(translation), translation.problems]).toEqual([because, []]);
  });

  test('unless its label names this proxy', () => {
    const mine = sliceObject({}, { 'service.kubernetes.io/service-proxy-name': 'mine' });
    expect(reasonOf(translateEndpointSlice(mine, 'mine'))).toBeUndefined();
    expect(reasonOf(translateEndpointSlice(sliceObject(), 'mine'))).toBe('other-proxy');
  });

  test('and reported when it names no Service', () => {
    const translation = slice({}, { 'kubernetes.io/service-name': undefined });
    expect(reasonOf(translation)).toBe('without-service');
    expect(textsOf(translation)).toEqual([
      'EndpointSlice shop/web-x1, metadata.labels[kubernetes.io/service-name]: ' +
        'EndpointSlice without a Service; it is left alone. Name the Service in this label.',
    ]);
  });

  test.each(['', 'Web', 'we\u0007b', 5])('and reported when no Service can have the name %j', (name) => {
    const translation = slice({}, { 'kubernetes.io/service-name': name });
    expect([reasonOf(translation), translation.problems.length]).toEqual(['without-service', 1]);
  });

  test('and reported when it holds names instead of addresses', () => {
    const translation = slice({ addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] });
    expect(reasonOf(translation)).toBe('without-addresses');
    expect(translation.problems[0]?.message).toContain('IPVS has no names to send to');
  });

  test.each(['ipv4', 'IP', undefined, 4])('and reported when its addressType is %s', (addressType) => {
    const translation = slice({ addressType });
    expect(reasonOf(translation)).toBe('without-addresses');
    expect(translation.problems.map(({ field }) => field)).toEqual(['addressType']);
  });

  test('and reported when it has no valid name', () => {
    const translation = translateEndpointSlice({ metadata: { generateName: 'web-' } });
    expect([reasonOf(translation), translation.problems[0]?.field]).toEqual(['nameless', 'metadata.name']);
  });
});

describe('one bad endpoint leaves the others in use', () => {
  test.each([
    ['10.244.0.05', 'endpoints[0].addresses[0]'],
    ['::ffff:10.244.0.5', 'endpoints[0].addresses[0]'],
    ['fd00::5', 'endpoints[0].addresses[0]'],
    ['127.0.0.1', 'endpoints[0].addresses[0]'],
    ['169.254.169.254', 'endpoints[0].addresses[0]'],
    [5, 'endpoints[0].addresses[0]'],
    [undefined, 'endpoints[0].addresses'],
  ])('address %s', (address, path) => {
    const addresses = address === undefined ? [] : [address];
    const translation = slice({ endpoints: [{ addresses }, OTHER_POD] });
    expect(Array.from(recordOf(translation).endpoints, ({ address }) => address)).toEqual(['10.244.0.6']);
    expect(translation.problems.map(({ field }) => field)).toEqual([path]);
  });

  test('no object', () => {
    expect(pathsOf({ endpoints: ['10.244.0.5', OTHER_POD] })).toEqual(['endpoints[0]']);
  });

  test('the wrong family is named together with the right one', () => {
    const [text] = textsOf(slice({ endpoints: [{ addresses: ['fd00::5'] }] }));
    expect(text).toContain('is fd00::5, but the slice is of addressType IPv4; the endpoint is left out.');
  });

  test('a bad node name costs the node only', () => {
    const translation = slice({ endpoints: [{ ...POD, nodeName: 'Node A' }] });
    expect([...recordOf(translation).endpoints]).toEqual([new StatedEndpoint(POD_ADDRESS, READY)]);
    expect(translation.problems.map(({ field }) => field)).toEqual(['endpoints[0].nodeName']);
  });
});

describe('a bad port of a slice', () => {
  test.each([0, 65_536, '8080', 1.5])('is left out while the others stay: %s', (port) => {
    const translation = slice({
      ports: [
        { name: 'bad', port },
        { name: 'http', port: 8080 },
      ],
    });
    expect(recordOf(translation).ports.map(({ name }) => name)).toEqual(['http']);
    expect(translation.problems.map(({ field }) => field)).toEqual(['ports[0].port']);
  });

  test('is one that has the name of an earlier one', () => {
    const translation = slice({ ports: [{ port: 8080 }, { port: 8081 }] });
    expect(recordOf(translation).ports.map(({ port }) => port)).toEqual([8080]);
    expect(translation.problems[0]?.message).toContain('another port without a name');
  });
});

describe('a slice larger than the API allows is reported and used', () => {
  test('more than 1000 endpoints', () => {
    const endpoints = Array.from({ length: 1001 }, (_, i) => ({ addresses: [`10.1.${i >> 8}.${i & 255}`] }));
    const translation = slice({ endpoints });
    expect(recordOf(translation).endpoints).toHaveLength(1001);
    expect(translation.problems.map(({ field }) => field)).toEqual(['endpoints']);
  });

  test('more than 100 ports', () => {
    const ports = Array.from({ length: 101 }, (_, i) => ({ name: `p${i}`, port: i + 1 }));
    const translation = slice({ ports });
    expect(recordOf(translation).ports).toHaveLength(101);
    expect(translation.problems.map(({ field }) => field)).toEqual(['ports']);
  });
});

test('the problems of a slice show in the status of its Service', () => {
  expect(slice({ endpoints: [{}] }).problems[0]).toMatchObject({ kind: 'object', service: 'shop/web' });
});

test('a thousand bad endpoints are ten problems and a number', () => {
  const { problems } = slice({ endpoints: new Array(1000).fill({ addresses: ['x'] }) });
  expect([problems.length, problems.at(-1)?.message]).toEqual([11, 'and 990 more.']);
});
