import { describe, expect, it } from 'vitest';
import { SourceCompleteness } from '../../src/reconcile/pass-planner.js';

/** What each of the passes finds, of which the source said this at the beginning. */
function passes(...complete: boolean[]): boolean[] {
  const completeness = new SourceCompleteness();
  return complete.map((told) => {
    completeness.note({ complete: told });
    const hasJustCompleted = completeness.hasJustCompleted;
    completeness.settle();
    return hasJustCompleted;
  });
}

describe('the completeness of the source', () => {
  it('has just come in the first pass that finds everything told after one that did not', () => {
    expect(passes(false, false, true, true)).toEqual([false, false, true, false]);
  });

  it('never just comes where everything was told from the start', () => {
    expect(passes(true, true)).toEqual([false, false]);
  });

  it('has just come until a pass has acted on it', () => {
    const completeness = new SourceCompleteness();
    completeness.settle();
    for (const _ of ['a pass that fails', 'the next']) {
      completeness.note({ complete: true });
      expect(completeness.hasJustCompleted).toBe(true);
    }
  });

  it('goes by what was told when the pass began', () => {
    const source = { complete: false };
    const completeness = new SourceCompleteness();
    completeness.note(source);
    source.complete = true;
    expect(completeness.complete).toBe(false);
  });
});
