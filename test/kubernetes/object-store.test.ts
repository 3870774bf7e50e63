import { describe, expect, test } from 'vitest';
import { ObjectStore, type Projection } from '../../src/kubernetes/watch/object-store.js';
import { TimeSlice } from '../../src/model/clock.js';
import type { Problem } from '../../src/model/problem.js';
import { HandClock } from '../support/hand-clock.js';

const slice = new TimeSlice(new HandClock());
const AMISS: Problem = { kind: 'object', subject: 'it', message: 'is amiss.', remedy: 'Mend it.' };

/** Objects are `{ name, uid, value }` here; without a value they are left alone. */
function testStore() {
  const reports: string[] = [];
  const store = new ObjectStore<{ readonly value: number }>({
    project: (object) => object as Projection<{ readonly value: number }>,
    changed: ({ key, before, after }) =>
      reports.push(`${key} ${before?.value ?? '-'} ${after?.value ?? '-'}`),
    problemsFound: (key, problems) => reports.push(`${key ?? 'nameless'} has ${problems.length} problems`),
  });
  const take = () => reports.splice(0);
  return { store, take };
}

function object(key: string | undefined, value?: number, uid = 'u', problems: readonly Problem[] = []) {
  return { key, uid, record: value === undefined ? undefined : { value }, problems };
}

describe('a store of objects', () => {
  test('reports differences only', () => {
    const { store, take } = testStore();
    for (const value of [1, 1, 2]) store.put(object('a', value));
    store.put(object('b'));
    store.delete(object('a', 2));
    store.delete(object('a', 2));
    expect([take(), store.size]).toEqual([['a - 1', 'a 1 2', 'a 2 -'], 1]);
  });

  test('takes an object with another uid for another object', () => {
    const { store, take } = testStore();
    store.put(object('a', 1, 'first'));
    store.put(object('a', 1, 'second'));
    expect(take()).toEqual(['a - 1', 'a 1 1']);
  });

  test('reports an object that is no longer ours as gone', () => {
    const { store, take } = testStore();
    store.put(object('a', 1));
    store.put(object('a'));
    expect(take()).toEqual(['a - 1', 'a 1 -']);
  });

  test('reports what is wrong with an object when that changes, and counts what cannot be used', () => {
    const { store, take } = testStore();
    store.put(object('a', undefined, 'u', [AMISS]));
    store.put(object('a', undefined, 'u', [AMISS]));
    store.put(object(undefined, undefined, 'u', [AMISS]));
    store.put(object('a', 1));
    expect(take()).toEqual(['a has 1 problems', 'nameless has 1 problems', 'a has 0 problems', 'a - 1']);
    expect(store.untranslatable).toBe(3);
  });
});

describe('a listing', () => {
  test('shows at its end: what is new or changed first, and then what has gone', async () => {
    const { store, take } = testStore();
    for (const key of ['gone', 'same', 'other']) store.put(object(key, 1));
    take();
    const listing = store.listing();
    for (const [key, value] of [
      ['same', 1],
      ['other', 2],
      ['new', 3],
      ['brief', 4],
    ] as const)
      listing.add(object(key, value));
    listing.remove(object('brief', 4));
    expect(take()).toEqual([]);
    await listing.publish(slice);
    expect(take()).toEqual(['other 1 2', 'new - 3', 'nameless has 0 problems', 'gone 1 -']);
  });

  test('of which a part could not be read takes nothing for gone', async () => {
    const { store, take } = testStore();
    store.put(object('absent', 1));
    take();
    const listing = store.listing();
    listing.add(object('new', 3));
    await listing.publishPart(slice);
    expect([take(), store.size]).toEqual([['new - 3', 'nameless has 0 problems'], 2]);
  });

  test('lets others have their turn while it takes away what has gone', async () => {
    const { store, take } = testStore();
    for (let index = 0; index < 100; index++) store.put(object(`gone-${index}`, 1));
    take();
    let now = 0;
    const clock = {
      now: () => {
        now += 10;
        return now;
      },
    };
    const shown: number[] = [];
    const turn = () => {
      shown.push(take().filter((report) => report.startsWith('gone')).length);
      if (store.size > 0) setImmediate(turn);
    };
    setImmediate(turn);
    await store.listing().publish(new TimeSlice(clock, 10));
    expect([store.size, Math.max(...shown)]).toEqual([0, 10]);
  });

  test('that broke off while it was shown is shown by the next one', async () => {
    const shown: string[] = [];
    let isBroken = true;
    const store = new ObjectStore<number>({
      project: (object) => object as Projection<number>,
      changed: ({ key }) => {
        if (key === 'b' && isBroken) throw new Error('no room');
        shown.push(key);
      },
      problemsFound: () => undefined,
    });
    const publish = async () => {
      const listing = store.listing();
      for (const key of ['a', 'b', 'c']) listing.add({ key, uid: 'u', record: 1, problems: [] });
      await listing.publish(slice);
    };
    await expect(publish()).rejects.toThrow('no room');
    isBroken = false;
    await publish();
    expect(shown).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });
});
