import { setImmediate } from 'node:timers/promises';
import { ClusterWatcher, type WatcherOptions } from '../../src/kubernetes/cluster-watcher.js';
import type { ObjectsByService } from '../../src/model/changed-objects.js';
import type { NodeRecord, OtherNodes } from '../../src/model/node.js';
import { type Problem, problemText } from '../../src/model/problem.js';
import { HandClock } from '../support/hand-clock.js';
import { type ApiObject, MemoryApi } from './memory-api.js';

/** What a watcher has reported, as texts. */
export class Recorder {
  readonly changes: string[][] = [];
  readonly nodes: (NodeRecord | undefined)[] = [];
  readonly others: OtherNodes[] = [];
  readonly lost: string[] = [];
  readonly ranges: (readonly string[])[] = [];
  readonly triggers: number[] = [];
  problemChanges = 0;

  /** Names of what changed, in the order of the reports. */
  readonly objects: string[] = [];

  changed(
    services: Iterable<string>,
    triggers: readonly number[] = [],
    objects: ObjectsByService = new Map(),
  ): void {
    this.objects.push(...[...objects.values()].flat());
    this.changes.push([...services].sort());
    this.triggers.push(...triggers);
  }

  problemsFound(_problems: readonly Problem[]): void {
    this.problemChanges++;
  }

  nodeChanged(node: NodeRecord | undefined): void {
    this.nodes.push(node);
  }

  otherNodesChanged(others: OtherNodes): void {
    this.others.push(others);
  }

  nodeLost(node: string): void {
    this.lost.push(node);
  }

  serviceCIDRsChanged(cidrs: readonly string[]): void {
    this.ranges.push(cidrs);
  }

  take(): string[][] {
    return this.changes.splice(0);
  }
}

/** A watcher of an API server in memory, on a clock of its own. */
export class WatchedCluster {
  readonly clock = new HandClock();
  readonly recorder = new Recorder();
  readonly api: MemoryApi;
  readonly source: ClusterWatcher;
  started: Promise<void> = Promise.resolve();

  constructor(api = new MemoryApi(), options: Partial<WatcherOptions> = {}) {
    this.api = api;
    this.source = new ClusterWatcher({
      transport: api,
      clock: this.clock,
      nodeName: undefined,
      random: () => 0,
      wallClock: () => 0,
      ...options,
    });
  }

  async start(): Promise<this> {
    this.started = this.source.start(this.recorder);
    await setImmediate();
    return this;
  }

  // The second turn is for what gave way to others in the first.
  async settle(): Promise<void> {
    await setImmediate();
    await setImmediate();
  }

  /** Lets so much time pass, timer by timer, each with everything that follows from it. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    await this.settle();
    for (let next = this.clock.next; next !== undefined; next = this.clock.next) {
      if (this.clock.now() + next > end) break;
      this.clock.advance(Math.max(0, next));
      await this.settle();
    }
    this.clock.advance(end - this.clock.now());
    await this.settle();
  }

  get problems(): string[] {
    return this.source.problems.map(problemText);
  }
}

export function service(name: string, clusterIP = '10.96.0.10', metadata: object = {}): ApiObject {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  return {
    kind: 'Service',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { clusterIP, clusterIPs: [clusterIP], ports },
  } as ApiObject;
}

export function slice(
  name: string,
  of: string,
  addresses: readonly string[],
  metadata: object = {},
): ApiObject {
  return {
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': of }, ...metadata },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'node-a' })),
  } as ApiObject;
}
