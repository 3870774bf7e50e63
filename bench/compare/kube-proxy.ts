import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiServerProcess } from '../../lab/api-server/api-server-process.js';
import { LoginFolder } from '../../lab/api-server/login-folder.js';
import { NODE, NODE_ADDRESS, SERVICE_PORT, vip } from '../kernel/content.js';
import { apiObjectsOf } from './api-objects.js';
import type { CellResult, Change, ChangeKind, Cost, Restart } from './cell-results.js';
import type { Cell } from './cells.js';
import type { Contender, Programmer } from './contenders.js';
import type { Network } from './network.js';
import { benchService, type RuleService, withNewEndpoint } from './rule-service.js';

/**
 * A kube-proxy binary that somebody has given, in any of its modes, on the node of a network, with the test API server
 * beside it. When it is done with something it does not say: it is done when it takes no processor any more.
 */
const TOKEN = 'bench';
/** Of its metrics server. */
const MODE_PAGE = 'http://127.0.0.1:10249/proxyMode';
const GROUPS = '/tmp/bench-groups';
/** Milliseconds: longer than kube-proxy puts a change off (minSyncPeriod). */
const QUIET = 1500;
const LOOK_INTERVAL = 10;
/** Microseconds of processor time for each millisecond, below which it counts as doing nothing. */
const IDLE_SHARE = 20;
const PATIENCE = 1_200_000;
const MOST_TURNS = 20;
/** Services that have to answer before everything counts as programmed. */
const LOOKED_AT = 20;

class KubeProxy {
  readonly #path: string;
  readonly #mode: string;
  readonly #network: Network;
  readonly #server: ApiServerProcess;
  readonly #login: LoginFolder;
  readonly #group: ProcessorGroup;
  #process: ChildProcess | undefined;
  #ending = '';

  static async create(path: string, { mode }: Cell, network: Network): Promise<KubeProxy> {
    const server = await ApiServerProcess.start({}, network.namespace('node'));
    await server.tell({ kind: 'allow token', token: TOKEN });
    const status = { addresses: [{ type: 'InternalIP', address: NODE_ADDRESS }] };
    await server.tell({ kind: 'create', resource: 'nodes', object: { metadata: { name: NODE }, status } });
    const login = await LoginFolder.create({ server: server.url, authority: server.authority, token: TOKEN });
    return new KubeProxy(path, mode.replace('kube-proxy-', ''), network, server, login);
  }

  private constructor(
    path: string,
    mode: string,
    network: Network,
    server: ApiServerProcess,
    login: LoginFolder,
  ) {
    this.#path = path;
    this.#mode = mode;
    this.#network = network;
    this.#server = server;
    this.#login = login;
    this.#group = new ProcessorGroup(`kube-proxy-${server.port}`);
  }

  /** These are all that the API server has. */
  async fill(services: readonly RuleService[]): Promise<void> {
    const all = services.map(apiObjectsOf);
    await this.#server.tell({
      kind: 'replace all',
      resource: 'services',
      objects: all.map(({ service }) => service),
    });
    await this.#server.tell({
      kind: 'replace all',
      resource: 'endpointslices',
      objects: all.map(({ slice }) => slice),
    });
  }

  async alter(kind: ChangeKind, changed: RuleService): Promise<void> {
    const { service, slice } = apiObjectsOf(changed);
    const { namespace, name } = changed;
    if (kind === 'service-deleted') {
      await this.#server.tell({ kind: 'delete', resource: 'services', key: `${namespace}/${name}` });
      await this.#server.tell({ kind: 'delete', resource: 'endpointslices', key: `${namespace}/${name}-a` });
      return;
    }
    const isNew = kind === 'service-added';
    if (isNew) await this.#server.tell({ kind: 'create', resource: 'services', object: service });
    const verb = isNew ? 'create' : 'update';
    await this.#server.tell({ kind: verb, resource: 'endpointslices', object: slice });
  }

  start(): void {
    const flags = [
      ...['--kubeconfig', this.#login.kubeconfig, '--proxy-mode', this.#mode, '--hostname-override', NODE],
      // The test API server speaks JSON only.
      ...['--kube-api-content-type', 'application/json', '--cluster-cidr', '10.0.0.0/8'],
      // 0 leaves these sysctls as they are: the first belongs to the whole kernel, and a network namespace may not set it.
      ...['--conntrack-max-per-core', '0', '--conntrack-min', '0'],
    ];
    const words = this.#network.inside('node', [...this.#group.inside, this.#path, ...flags]);
    const [command = '', ...rest] = words;
    this.#process = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#process.on('error', ({ message }) => {
      this.#ending = message;
    });
    this.#process.on('exit', (code, signal) => {
      this.#ending = signal ?? `exit code ${code}`;
    });
  }

  /**
   * Does something, and tells what the binary and all that it starts take until they do nothing any more. A counted
   * clock jumps where a program waits for a file, which looks like doing nothing: so what it has done may be looked at,
   * too.
   */
  async cost(work: () => void | Promise<void>, isDone: () => boolean = () => true): Promise<Cost> {
    const before = this.#group.used();
    const began = performance.now();
    await work();
    let quiet = await this.#quiet();
    for (let turn = 1; !isDone(); turn++) {
      if (turn === MOST_TURNS)
        throw new Error(`${this.#path} does nothing any more, but not every Service answers`);
      quiet = await this.#quiet();
    }
    const { at, used } = quiet;
    return { elapsed: at - began, processor: (used - before) / 1000 };
  }

  /** On a kernel that lacks something it goes on in another mode than it was asked for, and says so in its log alone. */
  checkMode(): void {
    const mode = this.#network.run('node', ['curl', '--silent', '--max-time', '10', MODE_PAGE]).trim();
    if (mode !== this.#mode)
      throw new Error(`${this.#path} works in mode '${mode}', where '${this.#mode}' was asked for`);
  }

  get peakMemory(): number {
    const status = readFileSync(`/proc/${this.#process?.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  }

  async stop(): Promise<void> {
    if (this.#process === undefined || this.#ending !== '') return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
    this.#ending = '';
    this.#process = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#server.close();
    await this.#login.remove();
    this.#group.close();
  }

  // Since when it has done nothing, and what it had used by then.
  async #quiet(): Promise<{ readonly at: number; readonly used: number }> {
    const deadline = performance.now() + PATIENCE;
    let last = { at: performance.now(), used: this.#group.used() };
    while (performance.now() - last.at < QUIET) {
      await sleep(LOOK_INTERVAL);
      if (this.#ending !== '') throw new Error(`${this.#path} ended: ${this.#ending}`);
      const now = { at: performance.now(), used: this.#group.used() };
      if (now.used - last.used > (now.at - last.at) * IDLE_SHARE) last = now;
      if (now.at > deadline) throw new Error(`${this.#path} is still at work after ${PATIENCE / 1000} s`);
    }
    return last;
  }
}

/** A control group: what a process and all that it starts have used, to the microsecond. */
class ProcessorGroup {
  readonly #folder: string;

  constructor(name: string) {
    mkdirSync(GROUPS, { recursive: true });
    try {
      execFileSync('mountpoint', ['-q', GROUPS]);
    } catch {
      execFileSync('mount', ['-t', 'cgroup2', 'none', GROUPS]);
    }
    this.#folder = `${GROUPS}/${name}`;
    mkdirSync(this.#folder);
  }

  /** The words before those of a command that runs inside. */
  get inside(): string[] {
    const join = ['echo $$', '>', `${this.#folder}/cgroup.procs`].join(' ');
    return ['sh', '-c', `${join} && exec "$0" "$@"`];
  }

  /** Microseconds. */
  used(): number {
    return Number(
      /^usage_usec (\d+)$/m.exec(readFileSync(`${this.#folder}/cpu.stat`, 'utf8'))?.[1] ?? Number.NaN,
    );
  }

  close(): void {
    rmdirSync(this.#folder);
  }
}

export class KubeProxyContender implements Contender {
  readonly #cell: Cell;
  readonly #network: Network;
  readonly #tools: string;
  readonly #proxy: KubeProxy;

  static async create(
    path: string,
    cell: Cell,
    network: Network,
    tools: string,
  ): Promise<KubeProxyContender> {
    const proxy = await KubeProxy.create(path, cell, network);
    await proxy.fill(
      Array.from({ length: cell.services }, (_, index) => benchService(index, cell.endpoints)),
    );
    return new KubeProxyContender(cell, network, tools, proxy);
  }

  private constructor(cell: Cell, network: Network, tools: string, proxy: KubeProxy) {
    this.#cell = cell;
    this.#network = network;
    this.#tools = tools;
    this.#proxy = proxy;
  }

  async program(): Promise<CellResult['program']> {
    const cost = await this.#proxy.cost(
      () => this.#proxy.start(),
      () => this.#doesAnswer(),
    );
    this.#proxy.checkMode();
    return { ...cost, firstService: cost.elapsed, peakMemory: this.#proxy.peakMemory };
  }

  async warmUp(): Promise<undefined> {}

  change(kind: ChangeKind, number: number): Promise<Change> {
    const service = benchService(number, this.#cell.endpoints);
    const changed = kind === 'endpoint-added' ? withNewEndpoint(service, number) : service;
    return this.#proxy.cost(() => this.#proxy.alter(kind, changed));
  }

  async restart(): Promise<Restart> {
    await this.#proxy.stop();
    return this.#proxy.cost(() => this.#proxy.start());
  }

  askFor(): Promise<never> {
    return Promise.reject(new TypeError('the system calls of a kube-proxy are not counted'));
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }

  #doesAnswer(): boolean {
    const { services } = this.#cell;
    const places = Array.from({ length: LOOKED_AT }, (_, index) =>
      Math.round((index * (services - 1)) / (LOOKED_AT - 1)),
    );
    const lines = places.map((service) => `${vip(service)} ${SERVICE_PORT}`).join('\n');
    return !/^failed/m.test(this.#network.run('client', [`${this.#tools}/connect`, '0'], lines));
  }
}

export class KubeProxyProgrammer implements Programmer {
  readonly #proxy: Promise<KubeProxy>;

  constructor(path: string, cell: Cell, network: Network) {
    this.#proxy = KubeProxy.create(path, cell, network);
  }

  async begin(services: readonly RuleService[]): Promise<void> {
    const proxy = await this.#proxy;
    await proxy.fill(services);
    await proxy.cost(() => proxy.start());
  }

  async put(services: readonly RuleService[]): Promise<void> {
    const proxy = await this.#proxy;
    await proxy.cost(() => proxy.fill(services));
  }

  async restart(): Promise<void> {
    const proxy = await this.#proxy;
    await proxy.stop();
    await proxy.cost(() => proxy.start());
  }

  async close(): Promise<void> {
    await (await this.#proxy).close();
  }
}
