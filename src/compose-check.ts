import { loadAddon } from './kernel/native/addon.js';
import { readNodeCondition } from './kernel/node-look/read-node-condition.js';
import { openCredentials } from './kubernetes/login/open-credentials.js';
import { lookAtServer } from './kubernetes/server-look.js';
import { HttpTransport } from './kubernetes/transport/http-transport.js';
import type { ApiServerFact, NodeCondition } from './model/node-condition.js';
import { systemClock } from './reconcile/timing.js';

/** What `check` reads: this node, and the API server where no agent can be asked for it. */

export function composeCondition(agentRuns: boolean): Promise<NodeCondition> {
  return readNodeCondition({ loadAddon, agentRuns });
}

export async function composeServerLook(kubeconfig: string, version: string): Promise<ApiServerFact> {
  const transport = new HttpTransport(openCredentials({ kubeconfig, master: undefined }), {
    userAgent: `kube-ipvs-proxy/${version}`,
  });
  try {
    return await lookAtServer({ transport, clock: systemClock, wallTime: Date.now });
  } finally {
    await transport.close();
  }
}
