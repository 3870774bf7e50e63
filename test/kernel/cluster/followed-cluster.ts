import { NODE_WIRE } from '../../../lab/address-plan.js';
import { Agent, PROGRAM } from '../../../lab/agent.js';
import { ApiServerProcess } from '../../../lab/api-server/api-server-process.js';
import type { Protocol } from '../../../lab/api-server/tls-server.js';
import { runCommand } from '../../../lab/command.js';
import type { Host } from '../../../lab/host.js';
import { Lab } from '../../../lab/lab.js';
import { nodeObject } from './objects.js';
import { PodMounts } from './pod-mounts.js';

const NODE_NAME = 'node-1';
const TOKEN = 'first-token';
const POD_PORT = 9376;

/** What kubeadm's DaemonSet starts kube-proxy with. */
const DAEMON_SET = ['--config=/var/lib/kube-proxy/config.conf', `--hostname-override=${NODE_NAME}`];

/** A lab with an API server on the other node, and the real agent, as kubeadm's DaemonSet would start it. */
export class FollowedCluster {
  readonly lab: Lab;
  readonly server: ApiServerProcess;
  readonly mounts: PodMounts;
  agent: Agent;

  /**
   * `protocols` is all that the server offers. `behindNode`: whether its address is that of a Node, or a load
   * balancer's. `edit` changes the configuration file.
   */
  static async create(
    protocols: readonly Protocol[],
    { behindNode = true, edit }: { behindNode?: boolean; edit?: (configuration: string) => string } = {},
  ): Promise<FollowedCluster> {
    const lab = await Lab.create({ pods: ['pod-0', 'pod-1', 'pod-2'], remotePods: ['remote-pod'] });
    await Promise.all([...lab.pods, ...lab.remotePods].map((pod) => pod.serve(POD_PORT, 'TCP')));
    const options = { host: NODE_WIRE.there.IPv4, port: 6443, protocols };
    const server = await ApiServerProcess.start(options, lab.remote.namespace);
    await server.tell({ kind: 'allow token', token: TOKEN });
    await server.tell({ kind: 'create', resource: 'nodes', object: nodeObject(NODE_NAME, NODE_WIRE.here) });
    if (behindNode)
      await server.tell({ kind: 'create', resource: 'nodes', object: nodeObject('node-2', NODE_WIRE.there) });
    return new FollowedCluster(lab, server, await PodMounts.create(TOKEN, server.authority, edit));
  }

  private constructor(lab: Lab, server: ApiServerProcess, mounts: PodMounts) {
    this.lab = lab;
    this.server = server;
    this.mounts = mounts;
    this.agent = this.#startAgent();
  }

  async restartAgent(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    await this.agent.stop();
    await meanwhile();
    this.agent = this.#startAgent();
  }

  /** What the command `plan` says with the agent's own flags. */
  plan(): Promise<string> {
    const words = [...this.mounts.within, process.execPath, PROGRAM, 'plan', ...DAEMON_SET];
    return runCommand(this.lab.node.namespace.inside(words));
  }

  #startAgent(): Agent {
    const { adminSocket, within } = this.mounts;
    return new Agent(this.lab.node, { adminSocket, arguments: DAEMON_SET, within });
  }

  get remotePod(): Host {
    const [pod] = this.lab.remotePods;
    if (pod === undefined) throw new Error('the lab has no other pod');
    return pod;
  }

  async close(): Promise<void> {
    await this.agent.stop();
    await this.server.close();
    await this.lab.close();
    await this.mounts.remove();
  }
}
