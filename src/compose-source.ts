import type { AgentSettings, SourceSettings } from './config/agent-settings.js';
import { ClusterWatcher, type WatcherListener } from './kubernetes/cluster-watcher.js';
import { EventPoster } from './kubernetes/event-poster.js';
import { openCredentials } from './kubernetes/login/open-credentials.js';
import { lookAtServer } from './kubernetes/server-look.js';
import { CountingTransport, HttpTransport } from './kubernetes/transport/http-transport.js';
import { apiServerRefusal, ServerWay, serverAddresses } from './kubernetes/transport/server-way.js';
import { ManifestWatcher } from './manifests/manifest-watcher.js';
import type { ClusterSource } from './model/cluster-source.js';
import type { EventSink } from './model/event.js';
import type { ApiServerFact } from './model/node-condition.js';
import type { ProblemsFound } from './model/problem-board.js';
import type { ReservedAddress } from './model/reserved-address.js';
import { API_SERVER_SERVICE, type ServiceKey } from './model/service-key.js';
import { systemClock } from './reconcile/timing.js';
import type { MetricSources } from './status/metrics/metric-sources.js';

/** Where the agent learns of the cluster: an API server, or a folder. */

export interface SourceListener extends WatcherListener {
  /** Our own connection to the source goes to these addresses. */
  wayChanged(addresses: readonly ReservedAddress[]): void;
}

export interface ComposedSource {
  readonly cluster: ClusterSource;
  readonly statistics: Pick<MetricSources, 'watch' | 'requests'>;
  /** Undefined where there is no API server to take Events. */
  readonly sink: EventSink | undefined;
  /** Of a Service, where the source knows such a thing. */
  uidOf(service: ServiceKey): string | undefined;
  /**
   * Where our own connection to the source will go. Rejects where that can never be known: it is said before anything
   * is waited for.
   */
  findWay(): Promise<readonly ReservedAddress[]>;
  start(listener: SourceListener): Promise<void>;
  /** Rejects where the way to the source leads through what this program is to program. */
  refuseOwnWay(): Promise<void>;
  /** Whether these Nodes, and no others, are lost; the listener's `nodeLost` answers. A folder gives no answer. */
  askAbout(nodes: ReadonlySet<string>): void;
  stop(): Promise<void>;
  /** Whether the API server answers at this moment, and what time it has; undefined where there is none. */
  look(): Promise<ApiServerFact | undefined>;
  /** Ends what went on after `stop`: the last Events. */
  close(): Promise<void>;
}

/** `problemsFound`: gets those of the way to the source; those of objects go to the source's listener. */
export function composeSource(
  settings: AgentSettings,
  version: string,
  problemsFound: ProblemsFound,
): ComposedSource {
  const { source } = settings;
  return source.kind === 'manifests'
    ? composeFolder(source.folder, settings.nodeName)
    : composeApiServer(source, settings, version, problemsFound);
}

function composeFolder(folder: string, nodeName: string | undefined): ComposedSource {
  const cluster = new ManifestWatcher({ folder, nodeName });
  return {
    cluster,
    statistics: {},
    sink: undefined,
    uidOf: () => undefined,
    findWay: async () => [],
    start: (listener) => cluster.start(listener),
    refuseOwnWay: async () => undefined,
    askAbout: () => undefined,
    look: async () => undefined,
    stop: () => cluster.stop(),
    close: async () => undefined,
  };
}

function composeApiServer(
  { kubeconfig, master }: Extract<SourceSettings, { kind: 'api-server' }>,
  { nodeName, serviceProxyName }: AgentSettings,
  version: string,
  problemsFound: ProblemsFound,
): ComposedSource {
  const credentials = openCredentials({ kubeconfig, master }, { problemsFound });
  const way = new ServerWay();
  const http = new HttpTransport(credentials, {
    userAgent: `kube-ipvs-proxy/${version}`,
    dialling: (login) => void way.follow(login),
  });
  const transport = new CountingTransport(http, 'api-server');
  const cluster = new ClusterWatcher({
    transport,
    clock: systemClock,
    nodeName,
    proxyName: serviceProxyName,
  });
  const reporter = { controller: 'kube-ipvs-proxy', instance: `kube-ipvs-proxy-${nodeName ?? ''}` };
  return {
    cluster,
    statistics: { watch: () => cluster.statistics(), requests: () => transport.statistics },
    sink: new EventPoster(() => transport, reporter),
    uidOf: (service) => cluster.uidOf(service),
    async findWay() {
      await way.follow(await credentials.login());
      return way.addresses;
    },
    start(listener) {
      way.changed = (addresses) => listener.wayChanged(addresses);
      return cluster.start(listener);
    },
    refuseOwnWay: async () => {
      // Another proxy keeps the way open.
      if (serviceProxyName === undefined)
        await refuseWayThroughServices((await credentials.login()).server, cluster);
    },
    askAbout: (nodes) => cluster.askAbout(nodes),
    look: () => lookAtServer({ transport, clock: systemClock, wallTime: Date.now }),
    stop: () => cluster.stop(),
    close: () => transport.close(),
  };
}

async function refuseWayThroughServices(
  server: URL,
  { view, serviceCIDRs = [] }: ClusterWatcher,
): Promise<void> {
  const { service } = view.look(API_SERVER_SERVICE);
  const kubernetesServiceIPs = service?.clusterIPs ?? [];
  const refusal = apiServerRefusal(await serverAddresses(server), { serviceCIDRs, kubernetesServiceIPs });
  if (refusal !== undefined) throw new Error(refusal);
}
