import { translateEndpointSlice } from './api-objects/endpoint-slice.js';
import { translateService } from './api-objects/service.js';
import { DesiredDataplane } from './desired/desired-dataplane.js';
import { LONE_NODE } from './desired/node-view.js';
import { SilentKernel } from './kernel/netlink/silent-kernel.js';
import type { Clock } from './model/clock.js';
import type { ClusterSource } from './model/cluster-source.js';
import { ClusterView } from './model/cluster-view.js';
import { ProblemBoard } from './model/problem-board.js';
import { DEFAULT_LOOP_SETTINGS } from './reconcile/loop-settings.js';
import { ReconcileLoop } from './reconcile/reconcile-loop.js';

const SERVICES = 1000;
const ENDPOINTS = 10;

/**
 * The first pass of a node over a made-up cluster, without a kernel, for `scripts/compile-ahead`: V8 notes at each function
 * how soon it was worth compiling further, keeps that with what it has compiled, and goes by it at the next start. Two
 * builds must be the same, so that nothing here depends on time, chance or this machine.
 */
export async function warmUpAgent(): Promise<void> {
  const source = madeUpSource();
  await new Promise<void>((resolve, reject) => {
    const loop = new ReconcileLoop({
      source,
      desired: new DesiredDataplane({ ...LONE_NODE, name: 'node-1' }),
      kernel: new SilentKernel(),
      clock: STANDING_CLOCK,
      problems: new ProblemBoard(),
      settings: DEFAULT_LOOP_SETTINGS,
      listener: {
        prepared: () => undefined,
        passed: () =>
          loop.state().synced ? resolve() : reject(new Error('the first pass did not write everything')),
        passFailed: reject,
      },
    });
    loop.changed(source.view.keys());
    loop.begin();
  });
}

/** Work is divided by the time that it takes, and a slow machine would divide it otherwise. */
const STANDING_CLOCK: Clock = { now: () => 0, after: () => () => undefined };

function madeUpSource(): ClusterSource {
  const view = new ClusterView();
  for (let index = 0; index < SERVICES; index++) {
    const service = translateService(serviceObject(index));
    const slice = translateEndpointSlice(sliceObject(index));
    if (service.kind === 'translated') view.setService(service.record);
    if (slice.kind === 'translated') view.setSlice(slice.record);
  }
  return { view, complete: true, problems: [], start: async () => undefined, stop: async () => undefined };
}

const NAMESPACE = 'made-up';

function serviceObject(index: number): unknown {
  const clusterIP = addressOf(96, index);
  return {
    metadata: { namespace: NAMESPACE, name: `service-${index}`, uid: `service-${index}` },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ports: [{ protocol: 'TCP', port: 80, targetPort: 8080 }],
    },
  };
}

function sliceObject(index: number): unknown {
  const name = `service-${index}`;
  return {
    metadata: {
      namespace: NAMESPACE,
      name: `${name}-a`,
      uid: `slice-${index}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: Array.from({ length: ENDPOINTS }, (_, place) => ({
      addresses: [addressOf(128, index * ENDPOINTS + place)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${place}`,
      targetRef: {
        kind: 'Pod',
        namespace: NAMESPACE,
        name: `${name}-${place}`,
        uid: `pod-${index}-${place}`,
      },
    })),
  };
}

/** Of 10.96.0.0/12 and 10.128.0.0/9, say. */
function addressOf(second: number, number: number): string {
  return `10.${second + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}
