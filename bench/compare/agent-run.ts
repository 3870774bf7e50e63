import { createInterface } from 'node:readline';
import { translateEndpointSlice } from '../../src/api-objects/endpoint-slice.js';
import { translateService } from '../../src/api-objects/service.js';
import { warmUpAgent } from '../../src/compose-warm-up.js';
import type { ServiceKey } from '../../src/model/service-key.js';
import type { PassReport } from '../../src/model/sync-state.js';
import {
  endpoint,
  endpointsOf,
  newPod,
  putService,
  removeService,
  type Size,
  slice,
} from '../kernel/content.js';
import { assembleCore } from '../kernel/core.js';
import { memory, settledMemory } from '../kernel/memory.js';
import { apiObjectsOf } from './api-objects.js';
import type { CellResult, Change, ChangeKind } from './cell-results.js';
import type { RuleService } from './rule-service.js';

/** A line of the agent's input, as JSON. */
export type AgentOrder =
  | { readonly kind: 'program' }
  | { readonly kind: 'warm up' }
  /** These are all there are; known to the agent, not yet programmed, or programmed when it answers. */
  | { readonly kind: 'know'; readonly services: readonly RuleService[] }
  | { readonly kind: 'put'; readonly services: readonly RuleService[] }
  | { readonly kind: 'change'; readonly change: ChangeKind; readonly number: number };

const NEVER = 86_400_000;
const WARM_UP_TURNS = 100;
/** Behind the Services of the measured changes. */
const WARM_UP_PLACE = 1000;

const [services = 0, endpoints = 0] = process.argv.slice(2, 4).map(Number);
const size: Size = { services, endpoints, mix: 'plain' };
const core = assembleCore(size, {
  settings: { drainInterval: NEVER, auditInterval: NEVER },
  vipBinding: process.argv[4] === 'routes' ? 'routes' : 'addresses',
});

/** For `scripts/compile-ahead`. */
export const warmUpFirstPass = warmUpAgent;

/** Until its input ends. */
export async function runAgent(): Promise<void> {
  await core.source.start(core.loop);
  say('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as AgentOrder;
    say(await perform(order));
  }
  await core.close();
}

function perform(order: AgentOrder): Promise<unknown> {
  switch (order.kind) {
    case 'program':
      return program();
    case 'warm up':
      return warmUp();
    case 'know':
      core.source.changed(know(order.services));
      return Promise.resolve('known');
    case 'put':
      return timed(() => core.source.changed(know(order.services)));
    case 'change':
      return change(order.change, order.number);
  }
}

async function program(): Promise<CellResult['program']> {
  const began = performance.now();
  const cost = await timed(() => core.loop.begin());
  // After a restart servers without clients are removed in a pass of their own.
  await core.loop.idle();
  const { synced, problems } = core.loop.state();
  if (!synced) throw new Error(`not in sync: ${JSON.stringify(problems.slice(0, 3))}`);
  // In a restart nothing is opened.
  const opened = core.watch.firstEnd('open');
  return {
    ...cost,
    firstService: opened === undefined ? cost.elapsed : opened - began,
    peakMemory: memory().peak,
    settledMemory: (await settledMemory()).now,
  };
}

/**
 * Services come, get an endpoint and go, until V8 has compiled what a change needs. Answers with the very first one's
 * cost.
 */
async function warmUp(): Promise<Change> {
  let first: Change | undefined;
  for (let turn = 0; turn < WARM_UP_TURNS; turn++)
    for (const kind of ['service-added', 'endpoint-added', 'service-deleted'] as const) {
      const cost = await change(kind, services + WARM_UP_PLACE + turn);
      first ??= cost;
    }
  if (first === undefined) throw new Error('no change to warm up with');
  return first;
}

async function change(kind: ChangeKind, number: number): Promise<Change> {
  const cost = await timed(() => alter(kind, number));
  await core.loop.idle();
  return cost;
}

function know(services: readonly RuleService[]): Set<ServiceKey> {
  const { view } = core.source;
  const changed = new Set<ServiceKey>();
  for (const objects of services.map(apiObjectsOf)) {
    const service = translateService(objects.service);
    const slice = translateEndpointSlice(objects.slice);
    if (service.kind !== 'translated' || slice.kind !== 'translated') throw new TypeError('not a Service');
    for (const key of [...view.setService(service.record), ...view.setSlice(slice.record)]) changed.add(key);
  }
  return changed;
}

/** The number is that of a Service; those that are added come after the others. */
function alter(kind: ChangeKind, number: number): void {
  const { source } = core;
  if (kind === 'service-added') source.changed(putService(source.view, number, size));
  else if (kind === 'service-deleted') source.changed(removeService(source.view, number));
  else source.put(slice(number, [...endpointsOf(number, size), endpoint(newPod(number), 'node-2')]));
}

/** From the beginning of the work to the last acknowledgement. */
async function timed(work: () => void): Promise<Change> {
  const before = process.cpuUsage();
  const { messages } = core.writes;
  const passed: Promise<PassReport> = core.nextPass();
  const began = performance.now();
  work();
  await passed;
  const elapsed = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { elapsed, processor: (user + system) / 1000, messages: core.writes.messages - messages };
}

function say(what: unknown): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
