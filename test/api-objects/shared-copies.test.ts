import { expect, test } from 'vitest';
import { translateEndpointSlice } from '../../src/api-objects/endpoint-slice.js';
import { SharedCopies } from '../../src/api-objects/shared-copies.js';
import { recordOf, sliceObject } from './objects.js';

test('equal lists are one list in memory, whoever read them', () => {
  const copies = new SharedCopies<readonly string[]>();
  const first = copies.of('a b', () => ['a', 'b']);
  expect(copies.of('a b', () => ['a', 'b'])).toBe(first);
  expect(copies.of('a c', () => ['a', 'c'])).not.toBe(first);
});

test('a source that makes up new texts does not fill the memory: what was kept goes at the 20,000th', () => {
  const copies = new SharedCopies<object>();
  const first = copies.of('0', () => ({}));
  for (let n = 1; n < 20_000; n++) copies.of(String(n), () => ({}));
  expect(copies.of('0', () => ({}))).toBe(first);
  copies.of('one more', () => ({}));
  expect(copies.of('0', () => ({}))).not.toBe(first);
});

test('slices with equal ports have one list of ports in memory, and endpoints with equal hints one list of zones', () => {
  const endpoints = [{ addresses: ['10.244.0.5'], hints: { forZones: [{ name: 'eu-1a' }] } }];
  const [one, other] = [0, 1].map(() => recordOf(translateEndpointSlice(sliceObject({ endpoints }))));
  expect(one?.ports).toBe(other?.ports);
  expect(one?.endpoints.at(0)?.zoneHints).toBe(other?.endpoints.at(0)?.zoneHints);
});

test('endpoints of one node in one state have that state once in memory, others one of their own', () => {
  const on = (nodeName: string, ready = true) => ({
    addresses: ['10.244.0.5'],
    nodeName,
    conditions: { ready },
  });
  const endpoints = [on('a'), on('a'), on('b'), on('a', false)];
  const states = Array.from(
    recordOf(translateEndpointSlice(sliceObject({ endpoints }))).endpoints,
    (endpoint) => (endpoint as { state?: object }).state,
  );
  expect(states[1]).toBe(states[0]);
  expect(new Set(states).size).toBe(3);
});
