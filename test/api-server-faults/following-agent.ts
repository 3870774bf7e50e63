import { DesiredDataplane } from '../../src/desired/desired-dataplane.js';
import { LONE_NODE } from '../../src/desired/node-view.js';
import { ClusterWatcher } from '../../src/kubernetes/cluster-watcher.js';
import { openCredentials } from '../../src/kubernetes/login/open-credentials.js';
import { HttpTransport } from '../../src/kubernetes/transport/http-transport.js';
import { type Answered, type Operation, operationText } from '../../src/model/operation.js';
import { ProblemBoard } from '../../src/model/problem-board.js';
import { DEFAULT_LOOP_SETTINGS } from '../../src/reconcile/loop-settings.js';
import { ReconcileLoop } from '../../src/reconcile/reconcile-loop.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { FastClock } from '../support/fast-clock.js';
import { KernelInFront } from '../support/kernel-in-front.js';

/** The faults in real time, with the waits and the work of a cluster: `npm run bench:recovery`. */
export const IS_REAL_TIME = process.env.KUBE_IPVS_PROXY_FAULTS_IN_REAL_TIME === '1';

/** So many times faster than in a cluster does everything wait here. */
export const SPEED = IS_REAL_TIME ? 1 : 100;

/** The parts of an agent from the API server's address to a kernel in memory, all of them real but the last. */
export class FollowingAgent {
  readonly source: ClusterWatcher;
  /** Passes that could not be made. */
  readonly errors: unknown[] = [];
  readonly #kernel = new FakeKernel();
  readonly #clocked: StampedKernel;
  readonly #loop: ReconcileLoop;
  readonly #transport: HttpTransport;

  constructor(kubeconfig: string) {
    const clock = new FastClock(SPEED);
    const credentials = openCredentials({ kubeconfig }, { maxAge: 10_000 / SPEED });
    this.#transport = new HttpTransport(credentials, {
      userAgent: 'test',
      readIdle: 30_000 / SPEED,
      pongDeadline: 15_000 / SPEED,
    });
    this.source = new ClusterWatcher({ transport: this.#transport, clock, nodeName: 'node-1' });
    this.#clocked = new StampedKernel(this.#kernel);
    this.#loop = new ReconcileLoop({
      source: this.source,
      desired: new DesiredDataplane({ ...LONE_NODE, name: 'node-1' }),
      kernel: this.#clocked,
      clock,
      // Nothing is connected, so that what drains may go at once; an audit would hide a change that was missed.
      problems: new ProblemBoard(),
      settings: { ...DEFAULT_LOOP_SETTINGS, drainInterval: 1, drainDeadline: 1, auditInterval: 1e9 },
      listener: {
        prepared: () => undefined,
        passed: () => undefined,
        passFailed: (error) => this.errors.push(error),
      },
    });
  }

  async start(): Promise<void> {
    await this.source.start({
      changed: (services) => this.#loop.changed(services),
      problemsFound: (problems) => this.#loop.problemsFound(problems),
      nodeChanged: () => undefined,
      otherNodesChanged: () => undefined,
      serviceCIDRsChanged: () => undefined,
    });
    this.#loop.begin();
  }

  async stop(): Promise<void> {
    await this.source.stop();
    await this.#loop.stop();
    await this.#transport.close();
  }

  /** Until nothing is left to do. */
  idle(): Promise<void> {
    return this.#loop.idle();
  }

  /** Why listings and watches ended so far, and how often: "lost 4, expired 2". */
  get endings(): string {
    const sums = new Map<string, number>();
    for (const { restarts } of this.source.statistics().resources)
      for (const [reason, count] of Object.entries(restarts))
        sums.set(reason, (sums.get(reason) ?? 0) + count);
    return [...sums].flatMap(([reason, count]) => (count > 0 ? `${reason} ${count}` : [])).join(', ');
  }

  get state(): string {
    return dataplaneText(this.#kernel.state);
  }

  /** When the kernel was last written to, as performance.now() tells it. */
  get lastWrite(): number {
    return this.#clocked.lastWrite;
  }

  /** Writes that were made more than once. */
  get repeatedWrites(): string[] {
    const texts = this.#kernel.log.map(operationText);
    return texts.filter((text, index) => texts.indexOf(text) !== index);
  }
}

class StampedKernel extends KernelInFront {
  lastWrite = 0;

  override perform(operations: readonly Operation[]): Promise<Answered> {
    if (operations.length > 0) this.lastWrite = performance.now();
    return super.perform(operations);
  }
}
