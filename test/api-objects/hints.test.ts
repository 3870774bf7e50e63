import { describe, expect, test } from 'vitest';
import { translateEndpointSlice } from '../../src/api-objects/endpoint-slice.js';
import { recordOf, sliceObject } from './objects.js';

const slice = (...endpoints: object[]) =>
  translateEndpointSlice(
    sliceObject({
      endpoints: endpoints.map((fields, index) => ({ addresses: [`10.244.0.${index + 1}`], ...fields })),
    }),
  );
const forZones = (...names: unknown[]) => ({ forZones: names.map((name) => ({ name })) });

describe('where an endpoint is and for whom', () => {
  test('is read', () => {
    const hints = { ...forZones('eu-1a', 'eu-1b'), forNodes: [{ name: 'node-1' }] };
    const translation = slice({ zone: 'eu-1a', hints });
    expect(recordOf(translation).endpoints.at(0)).toMatchObject({
      zone: 'eu-1a',
      zoneHints: ['eu-1a', 'eu-1b'],
      nodeHints: ['node-1'],
    });
    expect(translation.problems).toEqual([]);
  });

  test.each([undefined, null, {}, { forZones: [], forNodes: null }])('may be missing: hints %j', (hints) => {
    const translation = slice({ hints });
    const [endpoint] = recordOf(translation).endpoints;
    expect([endpoint?.zoneHints, endpoint?.nodeHints, endpoint?.zone]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(translation.problems).toEqual([]);
  });

  test.each([
    ['zone', { zone: 'eu 1a' }, 'endpoints[0].zone'],
    ['hints', { hints: 'eu-1a' }, 'endpoints[0].hints'],
    ['forZones', { hints: { forZones: 'eu-1a' } }, 'endpoints[0].hints.forZones'],
    ['the name of a zone', { hints: forZones(5) }, 'endpoints[0].hints.forZones[0].name'],
    [
      'the name of a node',
      { hints: { forNodes: [{ name: 'Node 1' }] } },
      'endpoints[0].hints.forNodes[0].name',
    ],
  ])('costs the preference only where it makes no sense: %s', (_, fields, path) => {
    const translation = slice(fields);
    expect(recordOf(translation).endpoints).toHaveLength(1);
    const { zoneHints, nodeHints } = recordOf(translation).endpoints.at(0) ?? {};
    expect([zoneHints, nodeHints]).toEqual([undefined, undefined]);
    expect(translation.problems.map(({ field }) => field)).toEqual([path]);
  });

  test('is one list in memory for all endpoints that say the same', () => {
    const [first, second] = [slice({ hints: forZones('a', 'b') }), slice({ hints: forZones('a', 'b') })];
    const hints = [first, second].map((each) => recordOf(each).endpoints.at(0)?.zoneHints);
    expect(hints[0]).toBe(hints[1]);
  });
});
