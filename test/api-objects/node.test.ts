import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { triggerTime } from '../../src/api-objects/metadata.js';
import { translateNode } from '../../src/api-objects/node.js';
import { problemText } from '../../src/model/problem.js';

const nodeObject = (parts: { metadata?: object; spec?: object; status?: object } = {}) => ({
  kind: 'Node',
  metadata: { name: 'node-a', uid: 'u-1', ...parts.metadata },
  spec: { podCIDRs: ['10.244.0.0/24', 'FD00:10::/64'], ...parts.spec },
  status: {
    addresses: [
      { type: 'Hostname', address: 'node-a' },
      { type: 'ExternalIP', address: '203.0.113.10' },
      { type: 'InternalIP', address: '192.0.2.10' },
      { type: 'InternalIP', address: 'FD00::10' },
    ],
    ...parts.status,
  },
});

describe('a Node', () => {
  test('in order becomes a record, internal addresses first and no host names', () => {
    expect(
      translateNode(nodeObject({ metadata: { labels: { 'topology.kubernetes.io/zone': 'b' } } })),
    ).toEqual({
      node: {
        name: 'node-a',
        uid: 'u-1',
        addresses: ['192.0.2.10', 'fd00::10', '203.0.113.10'],
        podCIDRs: ['10.244.0.0/24', 'fd00:10::/64'],
        zone: 'b',
        eligible: true,
      },
      problems: [],
    });
  });

  test('that has just joined has no addresses, ranges or zone yet, and that is no problem', () => {
    const { node, problems } = translateNode({ metadata: { name: 'node-a' } });
    expect([node, problems]).toEqual([
      { name: 'node-a', uid: '', addresses: [], podCIDRs: [], zone: undefined, eligible: true },
      [],
    ]);
  });

  test.each([
    { metadata: { deletionTimestamp: '2026-01-31T12:00:00Z' } },
    { spec: { taints: [{ key: 'other' }, { key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } },
  ])('is not eligible for load balancers with %o', (parts) => {
    expect(translateNode(nodeObject(parts)).node?.eligible).toBe(false);
  });

  test('stays eligible with any other taint', () => {
    const taints = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }];
    expect(translateNode(nodeObject({ spec: { taints } })).node?.eligible).toBe(true);
  });

  test('keeps what is right of it, and the rest is reported', () => {
    const addresses = [
      { type: 'InternalIP', address: '192.0.2.010' },
      { type: 'InternalIP', address: '192.0.2.11' },
    ];
    const { node, problems } = translateNode(
      nodeObject({ status: { addresses }, spec: { podCIDRs: ['10.244.0.0/33', '10.244.1.0/24'] } }),
    );
    expect([node?.addresses, node?.podCIDRs]).toEqual([['192.0.2.11'], ['10.244.1.0/24']]);
    expect(problems.map(problemText).map((text) => text.slice(0, 48))).toEqual([
      'Node node-a, status.addresses[0].address: is "19',
      'Node node-a, spec.podCIDRs[0]: is "10.244.0.0/33',
    ]);
  });

  test.each(['a', [], null, {}, { metadata: {} }, { metadata: { name: 'A B' } }])('is not %j', (object) => {
    const { node, problems } = translateNode(object);
    expect([node, problems.length]).toEqual([undefined, 1]);
  });
});

test.each([
  ['2026-01-31T12:00:00.5Z', Date.UTC(2026, 0, 31, 12) + 500],
  ['yesterday', undefined],
  [5, undefined],
  [undefined, undefined],
])('the trigger time %s is %s', (value, time) => {
  const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': value };
  expect(triggerTime({ metadata: { annotations } })).toBe(time);
});

test('no value at all makes the translators of Node and trigger time throw', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      for (const object of [
        value,
        { metadata: value },
        nodeObject({ spec: { podCIDRs: value, taints: value } }),
      ]) {
        translateNode(object);
        triggerTime(object);
      }
    }),
  );
});
