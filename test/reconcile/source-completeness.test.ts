import { describe, expect, it } from 'vitest';
import { SourceCompleteness } from '../../src/reconcile/pass-planner.js';

/** What each of the passes finds, of which the source said this at the beginning. */
function passes(...answers: boolean[]): boolean[] {
  const completeness = new SourceCompleteness();
  return answers.map((complete) => {
    completeness.note({ complete });
    const hasJustCompleted = completeness.hasJustCompleted;
    completeness.settle();
    return hasJustCompleted;
  });
}

describe('the completeness of the source', () => {
  it('has just come in the first pass that finds everything sent after one that did not', () => {
    expect(passes(false, false, true, true)).toEqual([false, false, true, false]);
  });

  it('never just comes where everything was sent from the start', () => {
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

  it('goes by what was sent when the pass began', () => {
    const source = { complete: false };
    const completeness = new SourceCompleteness();
    completeness.note(source);
    source.complete = true;
    expect(completeness.complete).toBe(false);
  });
});
