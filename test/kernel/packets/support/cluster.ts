import { Agent, PROGRAM } from '../../../../lab/agent.js';
import type { CommandResult } from '../../../../lab/command.js';
import { Lab } from '../../../../lab/lab.js';
import { type Address, familyOf } from '../../../../src/model/address.js';
import { PROTOCOLS } from '../../../../src/model/protocol.js';
import { NEIGHBOURS } from '../../neighbours/neighbours.js';
import { VIP_BINDING, WITH_NEIGHBOURS } from './kernel-test.js';
import { ManifestFolder } from './manifest-folder.js';

export interface ClusterOptions {
  /** Arguments of `run` beyond folder and socket. */
  readonly arguments?: readonly string[];
  /** Words of a command that runs the agent. */
  readonly within?: readonly string[];
}

/** What every pod answers on, over all protocols. */
export const POD_PORT = 9376;

/**
 * A lab with three pods on the node, one on another, all of them serving, and the real agent on the node. One for each
 * test file, since in an emulated machine its start takes longer than most tests.
 */
export class Cluster {
  readonly lab: Lab;
  readonly folder: ManifestFolder;
  readonly #arguments: readonly string[];
  readonly #within: readonly string[];
  #agent: Agent | undefined;

  static async create({ arguments: more = [], within = [] }: ClusterOptions = {}): Promise<Cluster> {
    const folder = await ManifestFolder.create();
    const lab = await Lab.create({ pods: ['pod-0', 'pod-1', 'pod-2'], remotePods: ['remote-pod'] });
    if (WITH_NEIGHBOURS) for (const neighbour of NEIGHBOURS) await neighbour.lay(lab.node.namespace);
    const cluster = new Cluster(lab, folder, more, within);
    const servers = [...lab.pods, ...lab.remotePods];
    await Promise.all(servers.flatMap((pod) => PROTOCOLS.map((protocol) => pod.serve(POD_PORT, protocol))));
    return cluster;
  }

  private constructor(lab: Lab, folder: ManifestFolder, more: readonly string[], within: readonly string[]) {
    this.#within = within;
    this.lab = lab;
    this.folder = folder;
    this.#arguments = more;
  }

  get agent(): Agent {
    if (this.#agent === undefined) throw new Error('the agent was not started');
    return this.#agent;
  }

  /** Starts the agent, which programs what is in the folder, with VIPs bound in this way. */
  async startAgent(vipBinding = VIP_BINDING): Promise<void> {
    const { path } = this.folder;
    const options = {
      manifests: path,
      adminSocket: this.adminSocket,
      arguments: [...(vipBinding === 'routes' ? ['--vip-binding', vipBinding] : []), ...this.#arguments],
      within: this.#within,
    };
    this.#agent = new Agent(this.lab.node, options);
    await this.agent.ready();
  }

  /** Runs the program once, on the node. */
  command(...words: readonly string[]): Promise<CommandResult> {
    const all = [process.execPath, PROGRAM, ...words, '--admin-socket', this.adminSocket];
    return this.lab.node.namespace.try(all);
  }

  /** The VIPs that are bound on the node, in either way. */
  async boundVips(): Promise<string[]> {
    const { namespace } = this.lab.node;
    const shown = await namespace.try(['ip', '-o', 'address', 'show', 'dev', 'kube-ipvs0']);
    const found = [...shown.stdout.matchAll(/inet6? ([^/ ]+)/g)].map(([, address = '']) => address);
    for (const family of ['-4', '-6']) {
      const routes = await namespace.run(['ip', family, 'route', 'show', 'table', 'local', 'proto', '105']);
      found.push(...[...routes.matchAll(/^local (\S+)/gm)].map(([, address = '']) => address));
    }
    return found.sort();
  }

  /** Takes a VIP from the node, as another program might. */
  async unbind(address: Address): Promise<void> {
    const length = familyOf(address) === 'IPv4' ? 32 : 128;
    const words =
      VIP_BINDING === 'routes'
        ? ['route', 'del', 'local', address, 'dev', 'lo', 'table', 'local', 'proto', '105']
        : ['address', 'del', `${address}/${length}`, 'dev', 'kube-ipvs0'];
    await this.lab.node.namespace.run(['ip', ...words]);
  }

  get adminSocket(): string {
    return `${this.folder.path}.sock`;
  }

  async close(): Promise<void> {
    await this.#agent?.stop();
    await this.lab.close();
    await this.folder.remove();
  }
}
