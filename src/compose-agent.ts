import { explainFailure } from './cli/exit.js';
import type { AgentListener } from './cli/run.js';
import { composeDesired, composeKernel, kernelRules, loopSettings, statusSettings } from './compose-node.js';
import { composeSource, type SourceListener } from './compose-source.js';
import { ComposedViews } from './compose-views.js';
import { ConfigWatch } from './config/config-watch.js';
import { type Configuration, flagsInEffect } from './config/configuration.js';
import { factsBefore, factsListener } from './desired/cluster-facts.js';
import { localGaps } from './desired/settled-frontends.js';
import { saveMemory } from './engine.js';
import type { Preparation } from './kernel/kernel.js';
import { KubeProxyRemains } from './kernel/kube-proxy/kube-proxy-remains.js';
import { loadAddon } from './kernel/native/addon.js';
import type { NetlinkKernel } from './kernel/netlink/netlink-kernel.js';
import { TrafficReader } from './kernel/netlink/traffic-reader.js';
import { applyNodeSetUp, setUpNode } from './kernel/node/init-node.js';
import type { KernelFeatures } from './kernel/node/kernel-features.js';
import { type OpenNodeWatch, openNodeWatch } from './kernel/node-watch/open-node-watch.js';
import { parsedCidrs } from './model/cidr.js';
import { type ClusterFacts, NO_FACTS } from './model/cluster-facts.js';
import type { Operation } from './model/operation.js';
import { ProblemBoard } from './model/problem-board.js';
import { type ServiceKey, serviceOfOwner } from './model/service-key.js';
import { type LoopListener, ReconcileLoop } from './reconcile/reconcile-loop.js';
import { leaveReserved } from './reconcile/removal.js';
import { systemClock } from './reconcile/timing.js';
import { NodePortRelay } from './relay/node-port-relay.js';
import { ChangeLog } from './status/listing/change-log.js';
import { StatusBoard } from './status/status-board.js';

/** The agent's parts: source → desired → plan → kernel → status, joined here and nowhere else. */

export class ComposedAgent {
  #configuration: Configuration;
  readonly #version: string;
  readonly #listener: AgentListener;
  readonly #addon = loadAddon();
  readonly #source;
  readonly #desired;
  readonly #kernel: NetlinkKernel;
  /** By a handle of its own: reading counters must not hold up a pass. */
  readonly #traffic: TrafficReader;
  readonly #predecessor: KubeProxyRemains | undefined;
  readonly #relay: NodePortRelay | undefined;
  readonly #loop: ReconcileLoop;
  readonly #board: StatusBoard;
  readonly views: ComposedViews;
  readonly #changes = new ChangeLog(Date.now, (operation) => this.#serviceBehind(operation));
  readonly #watch: ConfigWatch;
  /** Whoever finds problems writes them here under a topic of its own; log, status, metrics and Events read them. */
  readonly #problems = new ProblemBoard();
  readonly #nodeWatch: OpenNodeWatch;
  #stopping = false;
  #savesMemory = false;
  #facts = NO_FACTS;

  constructor(
    configuration: Configuration,
    version: string,
    listener: AgentListener,
    features: KernelFeatures,
  ) {
    const { settings } = configuration;
    this.#configuration = configuration;
    this.#version = version;
    this.#listener = listener;
    this.#source = composeSource(settings, version, this.#problems.topic('credentials'));
    this.#desired = composeDesired(settings, features);
    this.#kernel = composeKernel(settings);
    this.#traffic = TrafficReader.open(this.#addon);
    this.#predecessor = settings.adopt ? new KubeProxyRemains(this.#addon) : undefined;
    this.#relay = this.#composeRelay();
    this.#loop = this.#composeLoop();
    this.#watch = this.#composeWatch();
    this.#nodeWatch = this.#composeNodeWatch();
    this.#board = this.#composeBoard(features);
    this.views = this.#composeViews(features);
  }

  async start(): Promise<void> {
    await this.#board.start();
    this.#facts = factsBefore(await this.#kernel.standingRules());
    this.#setRules();
    this.#board.prepared(await this.#kernel.prepare());
    this.#kernel.keepNode((handle) => setUpNode(handle, this.#configuration.settings.nodeSetUp));
    if (!this.#stopping) await this.#leaveReserved();
    if (this.#stopping) return;
    await this.#source.start(this.#sourceListener());
    if (this.#stopping) return;
    await this.#source.refuseOwnWay();
    if (this.#stopping) return;
    this.#loop.begin();
    this.#nodeWatch.start();
    await this.#watch.start();
  }

  async #leaveReserved(): Promise<void> {
    const { adopt } = this.#configuration.settings;
    const report = (released: Preparation) => this.#board.prepared(released);
    const way = await leaveReserved(this.#kernel, adopt, () => this.#source.findWay(), report);
    this.#factsChanged({ ...this.#facts, serverAddresses: way });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([this.#watch.stop(), this.#nodeWatch.stop()]);
    await this.#source.stop();
    await this.#loop.stop();
    await this.#source.close();
    await this.#board.stop();
    this.#relay?.close();
    this.#predecessor?.close();
    this.#traffic.close();
    await Promise.all([this.#kernel.close(), this.views.close()]);
  }

  #composeLoop(): ReconcileLoop {
    const { settings } = this.#configuration;
    return new ReconcileLoop({
      source: this.#source.cluster,
      desired: this.#desired,
      kernel: this.#kernel,
      clock: systemClock,
      predecessor: this.#predecessor,
      excluded: parsedCidrs(settings.excludedCIDRs),
      settings: loopSettings(settings),
      problems: this.#problems,
      listener: this.#loopListener(),
    });
  }

  #loopListener(): LoopListener {
    return {
      prepared: (preparation) => this.#board.prepared(preparation),
      performed: (operations, outcomes) => {
        this.#board.performed(operations, outcomes);
        this.#changes.performed(operations, outcomes);
      },
      drainingOn: (nodes) => this.#source.askAbout(nodes),
      passed: (report) => {
        this.#saveMemory();
        this.#relay?.follow(this.#desired.relays);
        this.#board.healthChecks.listenOn(this.#desired.restrictedPortAddresses);
        this.#board.healthChecks.update(this.#desired.healthChecks);
        this.#board.passed(report);
        this.#changes.passed();
      },
      passFailed: (error) =>
        this.#board.passFailed(`the kernel could not be looked at: ${explainFailure(error)}`),
    };
  }

  // Passes that were begun before the source was complete are no more than a part of the first.
  #saveMemory(): void {
    if (this.#savesMemory || !this.#loop.state().synced) return;
    this.#savesMemory = true;
    saveMemory();
  }

  // What nobody wants any more is its former Service's, as the ledger says.
  #serviceBehind(operation: Operation): ServiceKey | undefined {
    if (!('frontend' in operation)) return undefined;
    const { key } = operation.frontend;
    const owner = this.#loop.observed.policy.owned.get(key)?.owner;
    return this.#desired.serviceOf(key) ?? (owner === undefined ? undefined : serviceOfOwner(owner));
  }

  #composeRelay(): NodePortRelay | undefined {
    if (!this.#configuration.settings.nodePorts.localhostRelay) return undefined;
    return new NodePortRelay({ clock: systemClock, problemsFound: this.#problems.topic('node-port relay') });
  }

  #composeNodeWatch(): OpenNodeWatch {
    return openNodeWatch({
      addon: this.#addon,
      clock: systemClock,
      nodePortRange: this.#configuration.settings.nodePortRange,
      owned: () => this.#loop.observed.policy.owned,
      problemsFound: this.#problems.topic('node watch'),
    });
  }

  #sourceListener(): SourceListener {
    const facts = factsListener(
      () => this.#facts,
      (changed) => this.#factsChanged(changed),
    );
    return {
      ...facts,
      changed: (services, triggers, objects) => {
        this.#board.changed(services, triggers);
        this.#changes.changed(services, objects);
        this.#loop.changed(services);
      },
      problemsFound: (problems) => this.#loop.problemsFound(problems),
      nodeChanged: (node) => {
        this.#board.nodeChanged(node);
        this.#changes.factChanged(`Node ${this.#configuration.settings.nodeName}`);
        facts.nodeChanged(node);
      },
      otherNodesChanged: (others) => {
        this.#changes.factChanged('addresses of other Nodes');
        facts.otherNodesChanged(others);
      },
      serviceCIDRsChanged: (cidrs) => {
        this.#changes.factChanged('ServiceCIDRs');
        facts.serviceCIDRsChanged(cidrs);
      },
      wayChanged: (addresses) => {
        this.#changes.factChanged('addresses of the API server');
        facts.wayChanged(addresses);
      },
      nodeLost: (node) => {
        this.#changes.factChanged(`Node ${node}`);
        this.#listener.info(`Node ${node} is not ready: its draining servers are removed.`);
        this.#loop.nodeLost(node);
      },
    };
  }

  #factsChanged(facts: ClusterFacts): void {
    this.#facts = facts;
    this.#loop.factsChanged(facts);
    this.#keepRules();
  }

  #keepRules(): void {
    if (this.#setRules()) this.#loop.prepareAgain();
  }

  #setRules(): boolean {
    const { settings } = this.#configuration;
    return this.#kernel.setRules(kernelRules(settings, this.#facts));
  }

  #composeBoard(features: KernelFeatures): StatusBoard {
    return new StatusBoard({
      settings: statusSettings(this.#configuration.settings, this.#version, features),
      sources: {
        state: () => this.#loop.state(),
        view: this.#source.cluster.view,
        observed: () => this.#loop.observed,
        traffic: () => this.#traffic.read(this.#loop.observed.policy.owned),
        withoutLocalEndpoints: () => localGaps(this.#desired),
        lostLogLines: this.#listener.lostLogLines,
        ...this.#source.statistics,
      },
      problems: this.#problems,
      clock: { ...systemClock, wallTime: Date.now },
      log: this.#listener.log,
      sink: this.#source.sink,
      configuration: () => this.#configuration.documents.proxy,
      flags: () => flagsInEffect(this.#configuration),
      uidOf: (service) => this.#source.uidOf(service),
    });
  }

  #composeViews(features: KernelFeatures): ComposedViews {
    return new ComposedViews({
      version: this.#version,
      settings: this.#configuration.settings,
      features,
      source: this.#source,
      desired: this.#desired,
      loop: this.#loop,
      traffic: this.#traffic,
      changes: this.#changes,
      page: (path) => this.#board.page(path),
    });
  }

  #composeWatch(): ConfigWatch {
    return new ConfigWatch(this.#configuration, {
      changed: (next, { live, restart }) => {
        for (const warning of next.warnings) this.#listener.info(warning);
        if (restart.length > 0) return this.#listener.restart(restart);
        this.#configuration = next;
        if (live.logLevel !== undefined) this.#listener.setLogLevel(live.logLevel);
        if (live.drainDeadline !== undefined) this.#loop.setDrainDeadline(live.drainDeadline * 1000);
        if (live.nodeSetUp === undefined) return;
        this.#keepRules();
        void applyNodeSetUp(this.#addon, live.nodeSetUp)
          .then((preparation) => this.#board.prepared(preparation))
          .catch((error) => this.#board.passFailed(`the node could not be set up: ${explainFailure(error)}`));
      },
      problems: this.#problems.topic('configuration'),
    });
  }
}
