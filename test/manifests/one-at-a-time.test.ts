import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OneAtATime } from '../../src/files/one-at-a-time.js';

test('runs never overlap, and each question is answered by a run that began after it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 8 }), async (scheduler, questions) => {
      let running = 0;
      let begun = 0;
      const turns = new OneAtATime(async () => {
        expect(++running).toBe(1);
        begun++;
        await scheduler.schedule(Promise.resolve('work'));
        running--;
      });
      const asked = Array.from({ length: questions }, async (_, index) => {
        await scheduler.schedule(Promise.resolve(index));
        const before = begun;
        await turns.run();
        expect(begun).toBeGreaterThan(before);
      });
      await scheduler.waitFor(Promise.all(asked));
      await turns.idle();
    }),
  );
});

test('those who ask during a run share the next one', async () => {
  let runs = 0;
  const turns = new OneAtATime(async () => {
    runs++;
    await Promise.resolve();
  });
  await Promise.all([turns.run(), turns.run(), turns.run()]);
  expect(runs).toBe(2);
});

test('a run that fails rejects for those who asked for it and nobody else', async () => {
  let runs = 0;
  const turns = new OneAtATime(async () => {
    runs++;
    if (runs === 1) throw new Error('first');
  });
  const first = turns.run();
  const second = turns.run();
  await expect(first).rejects.toThrow('first');
  await expect(second).resolves.toBeUndefined();
});
