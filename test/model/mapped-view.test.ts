import { expect, it } from 'vitest';
import { MappedView } from '../../src/model/mapped-view.js';

const SOURCE = new Map([
  ['a', { size: 1 }],
  ['b', { size: 2 }],
]);
const view = new MappedView(SOURCE, ({ size }) => size);

it('shows what a map of the parts would show', () => {
  const seen: (readonly [string, number])[] = [];
  view.forEach((size, key) => {
    seen.push([key, size]);
  });
  const parts = new Map(seen);
  expect([...parts]).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  expect([...view]).toEqual([...parts]);
  expect([...view.keys()]).toEqual([...parts.keys()]);
  expect([...view.values()]).toEqual([...parts.values()]);
  expect([view.size, view.get('b'), view.get('c'), view.has('a'), view.has('c')]).toEqual([
    2,
    2,
    undefined,
    true,
    false,
  ]);
});

it('follows its source', () => {
  const source = new Map([['a', { size: 1 }]]);
  const follower = new MappedView(source, ({ size }) => size);
  source.set('a', { size: 5 }).set('b', { size: 6 });
  expect([...follower.values()]).toEqual([5, 6]);
});
