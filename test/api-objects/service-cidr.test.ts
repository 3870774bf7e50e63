import fc from 'fast-check';
import { expect, test } from 'vitest';
import { translateServiceCIDR } from '../../src/api-objects/service-cidr.js';

test('a ServiceCIDR gives its ranges, those that make sense', () => {
  const translation = translateServiceCIDR({
    metadata: { name: 'kubernetes' },
    spec: { cidrs: ['10.96.0.0/12', '10.96.0.0', 'FD00::/108', 'fd00::/129'] },
  });
  expect([translation.name, translation.cidrs]).toEqual(['kubernetes', ['10.96.0.0/12', 'fd00::/108']]);
  expect(translation.problems.map(({ field }) => field)).toEqual(['spec.cidrs[1]', 'spec.cidrs[3]']);
});

test('no value at all makes the translator of ServiceCIDRs throw', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      for (const object of [value, { metadata: value }, { spec: { cidrs: value } }])
        translateServiceCIDR(object);
    }),
  );
});
