import type { EventSubject } from '../../model/event.js';
import type { Problem } from '../../model/problem.js';
import { keyParts, type ServiceKey } from '../../model/service-key.js';
import { HEALTH_CHECK_FIELD } from '../health/health-check-ports.js';
import type { Occurrence } from './event-recorder.js';

/** Reasons and actions are kube-proxy's where it has them, since alerts match on them. */
const STARTING = 'StartKubeProxy';

export function agentStarts(node: string): Occurrence {
  return nodeOccurrence(node, 'Normal', 'Starting', '');
}

export function serverFails(node: string, server: 'health' | 'metrics', note: string): Occurrence {
  const reason = server === 'health' ? 'FailedToStartProxierHealthcheck' : 'FailedToStartMetricServer';
  return nodeOccurrence(node, 'Warning', reason, note);
}

/** The Event about a problem, as `kubectl describe service` shows it; undefined where it is about something else. */
export function problemFound(problem: Problem, uid: string | undefined): Occurrence | undefined {
  const { service, kind, field, message, remedy, reason = REASONS[kind] } = problem;
  if (service === undefined) return undefined;
  const place = field === undefined ? '' : `${field}: `;
  const listens = field === HEALTH_CHECK_FIELD && kind !== 'object';
  return {
    subject: serviceSubject(service, uid),
    type: 'Warning',
    reason: listens ? 'FailedToStartServiceHealthcheck' : reason,
    action: listens ? 'Listen' : 'Program',
    note: `${place}${message} ${remedy}`,
    // The object is the same everywhere; what the kernel says is not.
    everywhere: kind === 'object' || problem.everywhere === true,
  };
}

const REASONS: Readonly<Record<Problem['kind'], string>> = {
  source: 'UnreadableObject',
  object: 'InvalidField',
  conflict: 'Conflict',
  kernel: 'ProgrammingFailed',
};

// `kubectl describe node` looks for Events with the Node's name as the UID, which is what kubelet and kube-proxy write.
function nodeOccurrence(node: string, type: Occurrence['type'], reason: string, note: string): Occurrence {
  return { subject: { kind: 'Node', name: node, uid: node }, type, reason, action: STARTING, note };
}

function serviceSubject(service: ServiceKey, uid: string | undefined): EventSubject {
  return { kind: 'Service', ...keyParts(service), ...(uid === undefined ? {} : { uid }) };
}
