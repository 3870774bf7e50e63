import { counted } from '../model/counted.js';
import type { ApiServerFact } from '../model/node-condition.js';
import { isBefore, type NodeEvidence } from './check-evidence.js';
import { fine, NOT_READ, problem, remark, type Said, unknown } from './check-line.js';

/** What is beside the kernel: the agent, the API server and its clock. */

export function checkAgent(evidence: NodeEvidence): Said {
  const { agent } = evidence;
  if (agent.kind === 'unusable') return problem('KIP601', agent.message);
  if (agent.kind === 'silent') {
    if (isBefore(evidence)) return notInstalled();
    return problem('KIP601', 'no agent runs, and nothing follows the changes of Services');
  }
  const name = `kube-ipvs-proxy ${agent.version}`;
  if (!agent.complete) return problem('KIP602', `${name} still waits for all Services and EndpointSlices`);
  const problems = agent.problems === 0 ? '' : `, with ${counted(agent.problems, 'problem')}: see status`;
  return fine(`${name} answers${problems}`);
}

function notInstalled(): Said {
  const said = remark('KIP601', 'none runs, and nothing of one is in the kernel');
  return { ...said, hint: 'Where there is to be one: docs/deploying.md.' };
}

const NOBODY_ASKED = 'Name the kubeconfig of the agent with --kubeconfig, or start the agent.';

export function checkApiServer({ apiServer }: NodeEvidence): Said {
  if (apiServer === undefined) return { ...unknown('no agent can be asked for it'), hint: NOBODY_ASKED };
  if (typeof apiServer === 'string') return unknown(NOT_READ(apiServer));
  const { status, milliseconds, failure } = apiServer;
  if (failure !== undefined) return problem('KIP603', `it does not answer: ${failure}`);
  if (status === 401 || status >= 500) return problem('KIP603', `it answers ${status}`);
  return fine(`it answers in ${Math.round(milliseconds)} ms`);
}

/** Seconds. Tokens and certificates are not that exact; times in logs and metrics are. */
const WORTH_A_LOOK = 5;
const HARMFUL = 60;

export function checkClock({ apiServer }: NodeEvidence): Said {
  const ahead = clockOf(apiServer);
  if (ahead === undefined)
    return { ...unknown('there is no answer of the API server to compare it with'), hint: NOBODY_ASKED };
  const { seconds, surely } = ahead;
  const text = `${Math.abs(seconds).toFixed(0)} s ${seconds > 0 ? 'ahead of' : 'behind'} the API server's`;
  if (surely >= HARMFUL) return problem('KIP708', text);
  return surely >= WORTH_A_LOOK ? remark('KIP708', text) : fine("the same as the API server's, within 5 s");
}

function clockOf(apiServer: ApiServerFact | string | undefined) {
  if (apiServer === undefined || typeof apiServer === 'string') return undefined;
  const { clockAhead: seconds, uncertainty } = apiServer;
  return seconds === undefined ? undefined : { seconds, surely: Math.abs(seconds) - uncertainty };
}
