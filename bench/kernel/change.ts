import type { Endpoint } from '../../src/model/endpoint-slice.js';
import type { PassReport } from '../../src/model/sync-state.js';
import { endpoint, endpointsOf, LOCAL_ENDPOINTS, NODE, nameOf, newPod, type Size, slice } from './content.js';
import { assembleCore, type Core } from './core.js';
import { balancerAt, balancersAmong, type Mix } from './mix.js';

/**
 * One endpoint changes, many times: `change.js SERVICES ENDPOINTS CHANGES MIX`. Each change replaces one pod of one
 * Service by a pod with a new address: one real server comes, one drains. In half of them both pods run on other nodes,
 * in half on this one. In the mix these are Services of type LoadBalancer. Counting drains and auditing are put off, so
 * that each change meets an idle agent. Prints JSON: milliseconds from the source's word to the last acknowledgement,
 * and the writes.
 */
const NEVER = 86_400_000;
const WARM_UP = 50;

export type Kind = 'remote' | 'local';

export type ChangeSamples = Record<Kind, readonly Change[]>;

export interface Change {
  readonly milliseconds: number;
  readonly operations: number;
  readonly messages: number;
  readonly sends: number;
  /** Virtual servers of the Service. */
  readonly virtualServers: number;
}

const [services = 0, endpoints = 0, changes = 0] = process.argv.slice(2, 5).map(Number);
const [mix = 'plain'] = process.argv.slice(5) as [Mix?];
const size: Size = { services, endpoints, mix };
const core = assembleCore(size, { settings: { drainInterval: NEVER, auditInterval: NEVER } });
await core.source.start(core.loop);
const first = core.nextPass();
core.loop.begin();
await first;
await core.loop.idle();

const samples: Record<Kind, Change[]> = { remote: [], local: [] };
const endpointsNow = new Map<number, Endpoint[]>();
for (let index = 0; index < changes + WARM_UP; index++) {
  const kind = index % 2 === 0 ? 'remote' : 'local';
  const sample = await change(core, kind, index);
  if (index >= WARM_UP) samples[kind].push(sample);
}
process.stdout.write(`${JSON.stringify(samples)}\n`);
await core.close();

async function change({ source, loop, writes, nextPass }: Core, kind: Kind, index: number): Promise<Change> {
  await pause();
  const service = serviceOf(kind, index);
  const before = endpointsNow.get(service) ?? endpointsOf(service, size);
  const leaving = before.findIndex(({ node }) => (node === NODE) === (kind === 'local'));
  const now = [...before.toSpliced(leaving, 1), endpoint(newPod(index), kind === 'local' ? NODE : 'node-2')];
  endpointsNow.set(service, now);
  const { jobs, messages } = writes;
  const passed = nextPass();
  const began = performance.now();
  source.put(slice(service, now));
  const report = await passed;
  const milliseconds = performance.now() - began;
  await loop.idle();
  return {
    milliseconds,
    operations: operationsOf(report),
    messages: writes.messages - messages,
    sends: writes.jobs - jobs,
    virtualServers: virtualServersOf(loop, service),
  };
}

// Of the plain Services the first have all their pods on this node, the others none; of the mixed the first hundred
// have one each. 37 spreads the changes over the table.
function serviceOf(kind: Kind, index: number): number {
  if (mix === 'mixed') return balancerFor(kind, Math.floor(index / 2));
  const local = Math.floor(LOCAL_ENDPOINTS / endpoints);
  return kind === 'local' ? index % local : local + ((index * 37) % (services - local));
}

// Every second one has policy Local.
function balancerFor(kind: Kind, turn: number): number {
  return balancerAt(
    kind === 'local' ? turn % balancersAmong(LOCAL_ENDPOINTS) : (turn * 37) % balancersAmong(services),
  );
}

function virtualServersOf({ observed }: Core['loop'], service: number): number {
  const name = nameOf(service);
  let count = 0;
  for (const { owner } of observed.policy.owned.values()) if (owner === name) count++;
  return count;
}

function operationsOf({ done }: PassReport): number {
  return [...done.values()].reduce((sum, count) => sum + count, 0);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}
