import { describe, expect, it } from 'vitest';
import { Hearing } from '../../src/reconcile/hearing.js';

/** What each of the passes finds, of which the source said this at the beginning. */
function passes(...complete: boolean[]): boolean[] {
  const hearing = new Hearing();
  return complete.map((told) => {
    hearing.listen({ complete: told });
    const hasJustEnded = hearing.hasJustEnded;
    hearing.settle();
    return hasJustEnded;
  });
}

describe('the hearing', () => {
  it('has just ended in the first pass that finds everything told after one that did not', () => {
    expect(passes(false, false, true, true)).toEqual([false, false, true, false]);
  });

  it('never ends where everything was told from the start', () => {
    expect(passes(true, true)).toEqual([false, false]);
  });

  it('has just ended until a pass has acted on it', () => {
    const hearing = new Hearing();
    hearing.settle();
    for (const _ of ['a pass that fails', 'the next']) {
      hearing.listen({ complete: true });
      expect(hearing.hasJustEnded).toBe(true);
    }
  });

  it('goes by what was told when the pass began', () => {
    const source = { complete: false };
    const hearing = new Hearing();
    hearing.listen(source);
    source.complete = true;
    expect(hearing.complete).toBe(false);
  });
});
