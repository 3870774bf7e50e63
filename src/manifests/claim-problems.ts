import type { Problem } from '../model/problem.js';
import type { ManifestObject } from './manifest-object.js';
import { ShortList } from './short-list.js';

/** What is wrong with one object: its own problems, and that others claim its name. The first claim counts. */
export function claimProblems([winner, ...losers]: readonly ManifestObject[]): readonly Problem[] {
  if (winner === undefined) return [];
  const conflicts = new ShortList(winner.subject);
  for (const loser of losers) conflicts.add(conflict(winner, loser));
  return [...winner.problems, ...conflicts.problems];
}

function conflict(winner: ManifestObject, loser: ManifestObject): Problem {
  return {
    kind: 'conflict',
    subject: loser.subject,
    message: `is not used, because ${winner.subject} comes before it.`,
    remedy: 'Remove one of the two.',
  };
}
