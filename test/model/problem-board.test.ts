import { describe, expect, it } from 'vitest';
import { MOST_PROBLEMS, type Problem } from '../../src/model/problem.js';
import { ProblemBoard } from '../../src/model/problem-board.js';

const problem = (subject: string, message = 'is odd.'): Problem => ({
  kind: 'object',
  subject,
  message,
  remedy: 'Mend it.',
});

describe('the list of problems', () => {
  it('replaces those of one topic and leaves those of others', () => {
    const board = new ProblemBoard();
    board.set('kernel', [problem('a')]);
    board.set('cluster', [problem('b')]);
    board.set('kernel', [problem('c')]);
    expect(board.list.map(({ subject }) => subject)).toEqual(['b', 'c']);
    board.topic('cluster')([]);
    expect(board.list.map(({ subject }) => subject)).toEqual(['c']);
  });

  it('tells its watcher what there is, and only where that has changed', () => {
    const board = new ProblemBoard();
    const subjects: string[][] = [];
    board.watch((problems) => subjects.push(problems.map(({ subject }) => subject)));
    board.set('kernel', [problem('a')]);
    board.set('kernel', [problem('a')]);
    board.set('kernel', []);
    expect(subjects).toEqual([['a'], []]);
  });

  it('notices that a list it was given has grown since', () => {
    const board = new ProblemBoard();
    const growing = [problem('a')];
    board.set('kernel', growing);
    growing.push(problem('b'));
    board.set('kernel', growing);
    expect(board.list).toHaveLength(2);
  });

  it('shows ten of one subject, whichever topics they are from', () => {
    const board = new ProblemBoard();
    for (const topic of ['cluster', 'kernel'])
      board.set(
        topic,
        Array.from({ length: MOST_PROBLEMS }, (_, index) => problem('a', `${topic} ${index}.`)),
      );
    expect(board.shortList).toHaveLength(MOST_PROBLEMS + 1);
    expect(board.shortList.at(-1)).toMatchObject({ more: MOST_PROBLEMS });
  });
});
