import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../src/model/service-key.js';
import { editDistance, nearestServices } from '../../src/status/service-facts.js';

const ALL = [
  'default/web',
  'shop/web',
  'shop/cart',
  'default/webhook',
  'kube-system/kube-dns',
] as ServiceKey[];

describe('the Services that somebody may have meant', () => {
  it.each([
    ['default/wbe', ['default/web', 'shop/web']],
    ['prod/web', ['default/web', 'shop/web', 'default/webhook']],
    ['default/kubedns', ['kube-system/kube-dns']],
    ['default/dns', ['kube-system/kube-dns']],
    ['default/nothing-like-it', []],
  ])('%s', (wanted, near) => {
    expect(nearestServices(wanted as ServiceKey, ALL)).toEqual(near);
  });

  it('are five at most', () => {
    const many = Array.from({ length: 20 }, (_, index) => `n${index}/web` as ServiceKey);
    expect(nearestServices('default/web' as ServiceKey, many)).toHaveLength(5);
  });
});

describe('edits between two words', () => {
  it.each([
    ['web', 'web', 0],
    ['wbe', 'web', 1],
    ['we', 'web', 1],
    ['webb', 'web', 1],
    ['wab', 'web', 1],
    ['cart', 'web', 4],
    ['a', 'abcdefgh', 4],
  ])('%s %s', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
  });
});
