import { relative } from 'node:path';
import { Agent } from '../../lab/agent.js';
import { Lab } from '../../lab/lab.js';
import { type Address, parseAddress } from '../../src/model/address.js';

/** As the manifests of this folder say. */
export const PODS: readonly string[] = ['hostnames-0', 'hostnames-1', 'hostnames-2'];
export const POD_PORT = 9376;
export const SERVICE = { address: address('10.98.154.209'), port: 80, protocol: 'TCP' } as const;

/** Where every command of kube-ipvs-proxy looks for the agent unless told otherwise. */
const ADMIN_SOCKET = '/run/kube-ipvs-proxy/admin.sock';

/** Three pods that answer with their hostname, a client outside of the cluster, and the real agent on the node. */
export interface HostnamesCluster {
  readonly lab: Lab;
  readonly agent: Agent;
  close(): Promise<void>;
}

/** Resolves when the agent has programmed what is in the folder. `tell` hears of each step. */
export async function startCluster(folder: string, tell: (step: string) => void): Promise<HostnamesCluster> {
  tell('A node, three pods and a client, each in a network namespace of its own');
  const lab = await Lab.create({ pods: PODS });
  try {
    await Promise.all(lab.pods.map((pod) => pod.serve(POD_PORT, 'TCP')));
    tell(`On the node: kube-ipvs-proxy run --manifests ${shortest(folder)}`);
    const agent = new Agent(lab.node, { manifests: folder, adminSocket: ADMIN_SOCKET });
    const close = async () => {
      await agent.stop();
      await lab.close();
    };
    await agent.ready().catch(async (error: unknown) => {
      await agent.stop();
      throw error;
    });
    return { lab, agent, close };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new TypeError(`no address: ${text}`);
  return parsed;
}
