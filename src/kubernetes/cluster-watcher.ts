import { familyOf } from '../model/address.js';
import type { Clock } from '../model/clock.js';
import type { ClusterListener, ClusterSource, LiveLook } from '../model/cluster-source.js';
import type { ClusterView } from '../model/cluster-view.js';
import type { NodeAddresses, NodeRecord, OtherNodes } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import { ProblemBoard } from '../model/problem-board.js';
import type { Service } from '../model/service.js';
import type { ServiceKey } from '../model/service-key.js';
import type { WatchStatistics } from '../model/watch-statistics.js';
import { NodeAndRanges, type NodeAndRangesListener, ViewIntake } from './cluster-state.js';
import { lookUpService } from './service-look-up.js';
import type { ApiTransport } from './transport/api-transport.js';
import { ReachabilityProbe } from './watch/attempt-loop.js';
import { NodeReadiness } from './watch/node-readiness.js';
import { NodeRoster } from './watch/node-roster.js';
import { ObjectStore, type ObjectTaker, type Projection, type StoreChange } from './watch/object-store.js';
import { projectNode, projectService, projectServiceCIDR, projectSlice } from './watch/projections.js';
import { Reflector } from './watch/reflector.js';
import {
  endpointSlices,
  fullName,
  oneNode,
  type Resource,
  SERVICE_CIDRS,
  services,
} from './watch/resource.js';

export interface WatcherOptions {
  /** Stays the caller's: it is not closed by `stop`. */
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** This program's own Node; undefined: none is followed. */
  readonly nodeName: string | undefined;
  /**
   * Serve only what has the label service.kubernetes.io/service-proxy-name with this value; undefined: what has none.
   */
  readonly proxyName?: string | undefined;
  /** Milliseconds after which `start` resolves although not everything has been received. 30,000 unless said. */
  readonly patience?: number;
  /** Of one listing, in bytes of JSON; by the size of the heap unless said. */
  readonly longestListing?: number;
  /** At least 0, below 1: spreads what the nodes of a cluster ask of one server. */
  readonly random?: () => number;
  /** Milliseconds since 1970, to compare with times that the control plane writes. */
  readonly wallClock?: () => number;
}

export interface WatcherListener extends ClusterListener, NodeAndRangesListener {
  otherNodesChanged(others: OtherNodes): void;
  /** The Node is not ready, or there is none of this name: an answer to `ask`. */
  nodeLost?(node: string): void;
}

/**
 * The cluster as an API server has it. Nothing that happens to the server or to the way there changes the view:
 * it changes by what is received, and stays as it is while nothing is.
 */
export class ClusterWatcher implements ClusterSource {
  readonly #options: WatcherOptions;
  readonly #intake = new ViewIntake(() => this.#publish());
  readonly #nodeAndRanges = new NodeAndRanges();
  readonly #board = new ProblemBoard();
  readonly #serviceStore: ObjectStore<Service>;
  readonly #services: Reflector;
  readonly #slices: Reflector;
  readonly #node: Reflector | undefined;
  readonly #ranges: Reflector;
  readonly #roster: NodeRoster;
  readonly #readiness: NodeReadiness;
  readonly #probe: ReachabilityProbe;
  #listener: WatcherListener | undefined;
  #problems: readonly Problem[] = [];
  #complete = false;
  #begun: () => void = () => undefined;

  constructor(options: WatcherOptions) {
    const { nodeName, proxyName } = options;
    const { service, slice } = this.#intake;
    const { nodeRecord, range } = this.#nodeAndRanges;
    this.#options = options;
    const { transport, clock, random = Math.random } = options;
    this.#probe = new ReachabilityProbe({ transport, clock, random });
    const ofServices = services(proxyName);
    this.#serviceStore = this.#keep(ofServices, (object) => projectService(object, proxyName), service);
    this.#services = this.#reflect(ofServices, this.#serviceStore);
    this.#slices = this.#follow(
      endpointSlices(proxyName),
      (object) => projectSlice(object, proxyName),
      slice,
    );
    this.#node =
      nodeName === undefined ? undefined : this.#follow(oneNode(nodeName), projectNode, nodeRecord);
    this.#ranges = this.#follow(SERVICE_CIDRS, projectServiceCIDR, range);
    this.#roster = this.#composeRoster();
    this.#readiness = this.#composeReadiness();
  }

  get view(): ClusterView {
    return this.#intake.view;
  }

  /** Services and EndpointSlices have been received. The Node and the ServiceCIDRs are not waited for. */
  get complete(): boolean {
    return this.#complete;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  get node(): NodeRecord | undefined {
    return this.#nodeAndRanges.node;
  }

  get serviceCIDRs(): readonly string[] | undefined {
    return this.#nodeAndRanges.serviceCIDRs;
  }

  /** Of a Service that is there now: Events name it, so that `kubectl describe` finds them. */
  uidOf(service: ServiceKey): string | undefined {
    return this.#serviceStore.uidOf(service);
  }

  lookUp(service: ServiceKey): Promise<LiveLook> {
    const { transport, clock, proxyName } = this.#options;
    return lookUpService(service, { transport, clock, proxyName, look: (key) => this.view.look(key) });
  }

  statistics(): WatchStatistics {
    return { resources: this.#reflectors.map(({ counters }) => counters.snapshot) };
  }

  /**
   * Resolves when Services and EndpointSlices have been received and other Nodes have been looked at, or when patience
   * ends: the server may be away, and what is in the kernel needs its repairs all the same. Never rejects: no failure
   * of a server is for ever.
   */
  async start(listener: WatcherListener): Promise<void> {
    const { clock, patience = 30_000, wallClock = Date.now } = this.#options;
    this.#listener = listener;
    this.#intake.measureSince(wallClock());
    const begun = new Promise<void>((resolve) => {
      this.#begun = resolve;
    });
    const cancel = clock.after(patience, this.#begun);
    for (const reflector of this.#reflectors) reflector.start();
    this.#roster.start();
    this.#readiness.start();
    await begun;
    cancel();
  }

  /** Whether these Nodes, and no others, are lost: `nodeLost` names each that is, as long as it is asked about. */
  askAbout(nodes: ReadonlySet<string>): void {
    this.#readiness.ask(nodes);
  }

  /** After this the listener is not called any more, and no request is under way. */
  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#begun();
    this.#probe.stop();
    await Promise.all([this.#roster, this.#readiness, ...this.#reflectors].map((part) => part.stop()));
  }

  get #reflectors(): readonly Reflector[] {
    return [this.#services, this.#slices, this.#node ?? [], this.#ranges].flat();
  }

  #follow<R>(
    resource: Resource,
    project: (object: unknown) => Projection<R>,
    changed: (change: StoreChange<R>) => void,
  ): Reflector {
    return this.#reflect(resource, this.#keep(resource, project, changed));
  }

  #keep<R>(
    resource: Resource,
    project: (object: unknown) => Projection<R>,
    changed: (change: StoreChange<R>) => void,
  ): ObjectStore<R> {
    const name = fullName(resource);
    const problemsFound = (key: string | undefined, problems: readonly Problem[]) =>
      this.#board.set(`${name}/${key ?? ''}`, problems);
    return new ObjectStore({ project, changed, problemsFound });
  }

  #reflect(resource: Resource, store: ObjectTaker): Reflector {
    const { transport, clock, random = Math.random, longestListing } = this.#options;
    const name = fullName(resource);
    const listener = {
      settled: () => this.#publish(),
      problemChanged: (problem: Problem | undefined) => {
        this.#board.set(` ${name}`, problem === undefined ? [] : [problem]);
        this.#publishProblems();
      },
    };
    const probe = this.#probe;
    return new Reflector({ resource, store, transport, clock, random, probe, listener, longestListing });
  }

  #publish(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    const completes = !this.#complete && this.#services.counters.complete && this.#slices.counters.complete;
    this.#complete ||= completes;
    this.#checkOwnNode();
    const isOther = this.#node?.counters.complete === true && this.#nodeAndRanges.publishNode(listener);
    if (this.#ranges.counters.complete) this.#nodeAndRanges.publishCIDRs(listener);
    const { services, triggers, objects } = this.#intake.take();
    // Completion alone is reported too: from now on what the source does not have does not exist.
    if (services.size > 0 || completes) listener.changed(services, triggers, objects);
    if (completes) this.#intake.nameObjects();
    this.#publishProblems();
    if (completes) void this.#awaitOtherNodes().then(this.#begun);
    else if (isOther || this.view.externalFamilies(services).size > 0) void this.#roster.reconsider();
  }

  // A VIP that is another Node's address must not be bound first: the API server may be behind it.
  async #awaitOtherNodes(): Promise<void> {
    await this.#roster.firstLookEnded;
    await this.#roster.reconsider();
  }

  #composeRoster(): NodeRoster {
    const { transport, clock, nodeName, random = Math.random } = this.#options;
    const needsWhole = (nodes: readonly NodeAddresses[]) => this.#needsWhole(nodes);
    const listener = {
      otherNodesChanged: (others: OtherNodes) => this.#listener?.otherNodesChanged(others),
      problemsFound: (problems: readonly Problem[]) => {
        this.#board.set(' all nodes', problems);
        this.#publishProblems();
      },
    };
    const probe = this.#probe;
    return new NodeRoster({ transport, clock, random, probe, nodeName, needsWhole, listener });
  }

  #composeReadiness(): NodeReadiness {
    const { transport, clock, nodeName, random = Math.random } = this.#options;
    const listener = {
      nodeLost: (node: string) => this.#listener?.nodeLost?.(node),
      problemsFound: (problems: readonly Problem[]) => {
        this.#board.set(' readiness of nodes', problems);
        this.#publishProblems();
      },
    };
    const nodeCount = () => this.#roster.size;
    return new NodeReadiness({ transport, clock, random, probe: this.#probe, nodeName, nodeCount, listener });
  }

  // What the table leaves out of this Node it leaves out of the others: the second family, as a rule.
  #needsWhole(nodes: readonly NodeAddresses[]): boolean {
    const shown = nodes.find(({ name }) => name === this.#options.nodeName)?.addresses;
    const own = this.#nodeAndRanges.node?.addresses;
    if (shown === undefined || own === undefined) return false;
    const hidden = own.filter((address) => !shown.includes(address)).map(familyOf);
    if (hidden.length === 0) return false;
    const claimed = this.view.externalFamilies();
    return hidden.some((family) => claimed.has(family));
  }

  #publishProblems(): void {
    if (!this.#board.takeChanged()) return;
    this.#problems = this.#board.list;
    this.#listener?.problemsFound(this.#problems);
  }

  #checkOwnNode(): void {
    const { nodeName } = this.#options;
    if (this.#node?.counters.complete !== true) return;
    const message = 'is not known to the API server.';
    const remedy = 'Compare the name with those of `kubectl get nodes`; --hostname-override sets it.';
    const isThere = this.#node.counters.objects > 0;
    const problem: Problem = { kind: 'source', subject: `Node ${nodeName}`, message, remedy };
    this.#board.set(' own node', isThere ? [] : [problem]);
  }
}
