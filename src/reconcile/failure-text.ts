import type { DesiredDataplane } from '../desired/desired-dataplane.js';
import type { Address } from '../model/address.js';
import type { ObservedDataplane } from '../model/dataplane.js';
import { addressOf, type FrontendKey } from '../model/frontend.js';
import type { Operation } from '../model/operation.js';
import { operationText } from '../model/operation.js';
import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import type { Failure } from './stage-runner.js';

/** What a person should know about a refused operation. */
export function failureProblem(failure: Failure, service: ServiceKey | undefined): Problem {
  const { operation, error } = failure;
  return {
    kind: 'kernel',
    subject: service === undefined ? 'Kernel' : `Service ${service}`,
    ...(service === undefined ? {} : { service }),
    cause: `the kernel refuses ${operation.kind} (${error.code})`,
    message: refusalText(failure),
    remedy: remedy(operation, error.code),
  };
}

/** What the kernel refused, with its own words where it gave any. */
export function refusalText({ operation, error }: Failure): string {
  const words = error.message === undefined ? error.code : `${error.code}; kernel: ${error.message}`;
  return `the kernel refused ${operationText(operation)} (${words}).`;
}

/** Services and VIPs that are in the way of a virtual server of another program. */
export function foreignProblems(desired: DesiredDataplane, observed: ObservedDataplane): Problem[] {
  return [...observed.foreign].flatMap((key) => {
    const service = desired.virtualServers.has(key) ? desired.serviceOf(key) : undefined;
    if (service !== undefined) return [foreignProblem(key, service)];
    return isSharedVip(addressOf(key), desired, observed) ? [sharedVipProblem(key)] : [];
  });
}

function isSharedVip(vip: Address, desired: DesiredDataplane, observed: ObservedDataplane): boolean {
  return desired.bound.has(vip) && !observed.policy.guarded.has(vip);
}

function sharedVipProblem(key: FrontendKey): Problem {
  return {
    kind: 'conflict',
    subject: `VIP ${addressOf(key)}`,
    message: `it carries ${key}, a virtual server that this program did not make, so it is neither bound nor guarded here.`,
    remedy: 'Remove that virtual server (ipvsadm -D), or give the Service another address.',
  };
}

function foreignProblem(frontend: FrontendKey, service: ServiceKey): Problem {
  return {
    kind: 'conflict',
    subject: `Service ${service}`,
    service,
    message: `${frontend} is held by a virtual server that this program did not make.`,
    remedy:
      'It is left alone. Remove it (ipvsadm -D) or give the Service another address; it is looked at again.',
  };
}

function remedy(operation: Operation, code: string): string {
  if (code === 'ENOENT' && 'settings' in operation) return schedulerRemedy(operation.settings.scheduler);
  switch (code) {
    case 'EPERM':
      return 'Run the agent with CAP_NET_ADMIN in the initial user namespace.';
    case 'EAFNOSUPPORT':
      return 'This kernel has no IPv6; enable it, or use IPv4 Services on this node.';
    case 'EINVAL':
      return 'The kernel takes no such address or setting; correct the object. It is tried again.';
    case 'ENODEV':
      return 'The dummy device is missing; it is made again.';
    case 'ENOMEM':
    case 'ENOBUFS':
      return 'The kernel is short of memory or its answer was lost; it is tried again.';
    default:
      return 'It is tried again with growing delays.';
  }
}

function schedulerRemedy(scheduler: string): string {
  return `This kernel has no scheduler '${scheduler}': load it (modprobe ip_vs_${scheduler}) or choose another.`;
}
