import { explainFailure } from './cli/exit.js';
import {
  type ClusterFacts,
  composeDesired,
  composeKernel,
  factsBefore,
  kernelRules,
  NO_FACTS,
} from './compose-node.js';
import { composeSource, type SourceListener } from './compose-source.js';
import { ConfigWatch } from './config/config-watch.js';
import type { Configuration } from './config/configuration.js';
import { localGaps } from './desired/desired-policy.js';
import { KubeProxyRemains } from './kernel/kube-proxy/kube-proxy-remains.js';
import { loadAddon } from './kernel/native/addon.js';
import type { NetlinkKernel } from './kernel/netlink/netlink-kernel.js';
import { TrafficReader } from './kernel/netlink/traffic-reader.js';
import { applyNodeSetUp, checkNode } from './kernel/node/init-node.js';
import { featureText, type KernelFeatures } from './kernel/node/kernel-features.js';
import { type OpenNodeWatch, openNodeWatch } from './kernel/node-watch/open-node-watch.js';
import { parsedCidrs } from './model/cidr.js';
import { ProblemBoard } from './model/problem-board.js';
import { DEFAULT_LOOP_SETTINGS } from './reconcile/loop-settings.js';
import { type LoopListener, ReconcileLoop } from './reconcile/reconcile-loop.js';
import { releaseAddresses } from './reconcile/removal.js';
import { systemClock } from './reconcile/timing.js';
import { NodePortRelay } from './relay/node-port-relay.js';
import { AdminServer } from './status/admin-server.js';
import type { PassLog } from './status/log/pass-log.js';
import { StatusBoard } from './status/status-board.js';
import { StatusSource } from './status/status-report.js';

/** The agent: source → desired → plan → kernel → status, joined here and nowhere else. */

/** What the agent tells whoever runs it. */
export interface AgentListener {
  readonly log: PassLog;
  /** Lines of the log that could not be written, by errno's name. */
  readonly lostLogLines: () => Iterable<readonly [errno: string, lines: number]>;
  info(sentence: string): void;
  setLogLevel(level: string): void;
  /** These settings have changed, and only a new start applies them. */
  restart(settings: readonly string[]): void;
}

export interface Agent {
  /**
   * Resolves when the source is complete or has waited long enough; what it knows is then being programmed. Rejects
   * where this node or its configuration can never do the work.
   */
  start(): Promise<void>;
  /** Lets the pass under way end. Everything programmed stays in the kernel. */
  stop(): Promise<void>;
}

export function composeAgent(configuration: Configuration, version: string, listener: AgentListener): Agent {
  const { settings } = configuration;
  let agent: ComposedAgent | undefined;
  let stopped = false;
  let composed: (agent: ComposedAgent) => void = () => undefined;
  // Who asks before there is anything to say waits for it.
  const answering = new Promise<ComposedAgent>((resolve) => {
    composed = resolve;
  });
  const admin = new AdminServer(settings.adminSocket, {
    version,
    routes: {
      '/status': async () => (await answering).status.report(),
    },
  });
  return {
    async start() {
      // The socket first: where another agent has it, nothing has been written yet.
      await admin.listen();
      if (stopped) return;
      const { features, ...preparation } = await checkNode(loadAddon(), settings.nodeSetUp);
      // Begun after its end, it would never end.
      if (stopped) return;
      listener.info(featureText(features));
      listener.log.prepared(preparation);
      agent = new ComposedAgent(configuration, version, listener, features);
      composed(agent);
      await agent.start();
    },
    async stop() {
      stopped = true;
      await agent?.stop();
      await admin.close();
    },
  };
}

class ComposedAgent {
  readonly status: StatusSource;
  #configuration: Configuration;
  readonly #version: string;
  readonly #listener: AgentListener;
  readonly #addon = loadAddon();
  readonly #source;
  readonly #desired;
  readonly #kernel: NetlinkKernel;
  // A handle does one thing after another: whoever asks for the status or the traffic must not hold up a pass.
  readonly #viewer: NetlinkKernel;
  readonly #traffic: TrafficReader;
  readonly #predecessor: KubeProxyRemains | undefined;
  readonly #relay: NodePortRelay | undefined;
  readonly #loop: ReconcileLoop;
  readonly #board: StatusBoard;
  readonly #watch: ConfigWatch;
  /** Whoever finds problems writes them here under a topic of its own; log, status, metrics and Events read them. */
  readonly #problems = new ProblemBoard();
  readonly #nodeWatch: OpenNodeWatch;
  #stopping = false;
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
    this.#viewer = composeKernel(settings);
    this.#traffic = TrafficReader.open(this.#addon);
    this.#predecessor = settings.adopt ? new KubeProxyRemains(this.#addon) : undefined;
    this.#relay = this.#composeRelay();
    this.#loop = this.#composeLoop();
    this.#watch = this.#composeWatch();
    this.#nodeWatch = this.#composeNodeWatch();
    this.#board = this.#composeBoard(features);
    this.status = this.#composeStatus();
  }

  async start(): Promise<void> {
    await this.#board.start();
    this.#facts = factsBefore(await this.#kernel.standingRules());
    this.#setRules();
    this.#board.prepared(await this.#kernel.prepare());
    this.#kernel.keepNode(() => applyNodeSetUp(this.#addon, this.#configuration.settings.nodeSetUp));
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

  // What is bound at the API server's address keeps us from reaching it.
  async #leaveReserved(): Promise<void> {
    const { adopt } = this.#configuration.settings;
    this.#desired.setNodeAddresses(this.#kernel.nodeAddresses());
    this.#desired.setReserved('node', this.#kernel.reservedAddresses());
    await this.#release(adopt);
    this.#desired.setReserved('api-server', await this.#source.findWay());
    await this.#release(adopt);
  }

  // A name is asked of resolvers, so that they come first.
  async #release(adopt: boolean): Promise<void> {
    this.#board.prepared(await releaseAddresses(this.#kernel, this.#desired.reserved, adopt));
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
    await Promise.all([this.#kernel.close(), this.#viewer.close()]);
  }

  #composeLoop(): ReconcileLoop {
    const { drainDeadline, auditPeriod, gatherTime, excludedCIDRs } = this.#configuration.settings;
    return new ReconcileLoop({
      source: this.#source.cluster,
      desired: this.#desired,
      kernel: this.#kernel,
      clock: systemClock,
      predecessor: this.#predecessor,
      excluded: parsedCidrs(excludedCIDRs),
      settings: {
        ...DEFAULT_LOOP_SETTINGS,
        drainDeadline: drainDeadline * 1000,
        auditPeriod: auditPeriod * 1000,
        gatherTime: gatherTime * 1000,
      },
      problems: this.#problems,
      listener: this.#loopListener(),
    });
  }

  #loopListener(): LoopListener {
    return {
      prepared: (preparation) => this.#board.prepared(preparation),
      performed: (operations, outcomes) => this.#board.performed(operations, outcomes),
      drainingOn: (nodes) => this.#source.askAbout(nodes),
      passed: (report) => {
        this.#relay?.follow(this.#desired.relays);
        this.#board.healthChecks.update(this.#desired.healthChecks);
        this.#board.passed(report);
      },
      passFailed: (error) =>
        this.#board.passFailed(`the kernel could not be looked at: ${explainFailure(error)}`),
    };
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
    return {
      changed: (services, triggers) => {
        this.#board.changed(services, triggers);
        this.#loop.changed(services);
      },
      problemsFound: (problems) => this.#loop.problemsFound(problems),
      nodeChanged: (node) => {
        this.#board.nodeChanged(node);
        this.#loop.surroundingsChanged(this.#desired.setNode(node));
        this.#board.healthChecks.listenOn(this.#desired.restrictedPortAddresses);
        this.#learned({ podCIDRs: node?.podCIDRs ?? this.#facts.podCIDRs });
      },
      otherNodesChanged: (others) => {
        this.#loop.surroundingsChanged(this.#desired.setOtherNodes(others));
        this.#learned({ otherNodes: others });
      },
      nodeLost: (node) => {
        this.#listener.info(`Node ${node} is not ready: its draining servers are removed.`);
        this.#loop.nodeLost(node);
      },
      serviceCIDRsChanged: (serviceCIDRs) => this.#learned({ serviceCIDRs }),
      wayChanged: (addresses) => {
        this.#loop.surroundingsChanged(this.#desired.setReserved('api-server', addresses));
        this.#loop.leave(this.#desired.reserved);
      },
    };
  }

  // Some rules depend on what the cluster says of this node and of its Services' addresses.
  #learned(facts: Partial<ClusterFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    this.#keepRules();
  }

  #keepRules(): void {
    if (this.#setRules()) this.#loop.prepareAgain();
  }

  #setRules(): boolean {
    const { settings } = this.#configuration;
    return this.#kernel.setRules(kernelRules(settings, this.#facts));
  }

  #composeBoard({ ipv6 }: KernelFeatures): StatusBoard {
    const { settings } = this.#configuration;
    const { enabled, maxServicePorts } = settings.perServiceMetrics;
    return new StatusBoard({
      settings: {
        version: this.#version,
        node: settings.nodeName ?? '',
        families: ipv6 === 'off' ? ['IPv4'] : ['IPv4', 'IPv6'],
        healthTimeout: 2_000 * settings.syncPeriod,
        serving: settings.serving,
        trafficLimit: enabled ? maxServicePorts : 0,
      },
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
      uidOf: (service) => this.#source.uidOf(service),
    });
  }

  #composeStatus(): StatusSource {
    return new StatusSource(
      () => this.#viewer.observe(),
      () => ({
        version: this.#version,
        state: this.#loop.state(),
        unmet: this.#loop.unmetFrontends(),
        withoutEndpoints: this.#desired.withoutEndpoints(),
      }),
    );
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
