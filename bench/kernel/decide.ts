import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { ClusterView } from '../../src/model/cluster-view.js';
import { fill, profileOf, type Size } from './content.js';

/**
 * The decision alone: `decide.js SERVICES ENDPOINTS [mixed]`. A source that is full is decided upon in a process that
 * has just started, as at the agent's first pass, and then nine times more, as after changes. Prints milliseconds of
 * processor time, collection of garbage included, since a busy machine adds little to them.
 */
const [services = 10_000, endpoints = 10] = process.argv.slice(2, 4).map(Number);
const size: Size = { services, endpoints, mix: process.argv[4] === 'mixed' ? 'mixed' : 'plain' };
const view = new ClusterView();
fill(view, size);
const desired = new DesiredDataplane(profileOf(size));
// With --expose-gc the garbage of filling is not charged to the decision.
globalThis.gc?.();
const first = pass();
const later = Array.from({ length: 9 }, pass).sort((a, b) => a - b);
process.stdout.write(`first ${first.toFixed(1)} later ${(later[4] ?? 0).toFixed(1)}\n`);

function pass(): number {
  const before = process.cpuUsage();
  for (const key of view.keys()) desired.refresh(key, view.look(key));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
