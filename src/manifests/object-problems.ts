import type { ClusterView } from '../model/cluster-view.js';
import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import { type ManifestObject, type ObjectId, serviceId } from './manifest-object.js';
import type { ObjectClaims } from './object-claims.js';
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

/** Slices whose Service no file names; mostly a label or a namespace misspelt. One problem for all of one Service. */
export function orphanProblems(
  view: ClusterView,
  claims: ObjectClaims,
  service: ServiceKey,
): readonly Problem[] {
  const slices = [...view.look(service).slices].sort((a, b) => (a.key < b.key ? -1 : 1));
  const [first] = slices;
  // A Service that is left alone is not in the view, but it is no mistake of the slice.
  if (first === undefined || claims.of(serviceId(service)).length > 0) return [];
  const subject =
    claims.of(`EndpointSlice/${first.key}` as ObjectId)[0]?.subject ?? `EndpointSlice ${first.key}`;
  const others = slices.length === 1 ? '' : `, as do ${slices.length - 1} more`;
  const message = `belongs to the Service ${service}${others}, but no file has that Service.`;
  const remedy = 'Add the Service, or correct the label kubernetes.io/service-name or the namespace.';
  return [{ kind: 'object', subject, service, message, remedy }];
}
