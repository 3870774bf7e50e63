import { join } from 'node:path';
import type { V1ConfigMap, V1Container, V1DaemonSet } from '@kubernetes/client-node';
import { kindOf, type Manifest, nameOf } from './manifest.js';
import { render } from './render.js';

export const PROJECT = join(import.meta.dirname, '../../..');
export const DEPLOY = join(PROJECT, 'deploy');

/** Every kustomization, by the folder that `kubectl apply -k` takes. */
export const KUSTOMIZATIONS = [
  'base',
  'overlays/beside-kube-proxy',
  'overlays/dual-stack',
  'overlays/dual-stack-monitoring',
  'overlays/monitoring',
  'overlays/node-by-node',
  'overlays/replace-kube-proxy',
] as const;

export type KustomizationName = (typeof KUSTOMIZATIONS)[number];

const renderings = new Map<KustomizationName, readonly Manifest[]>();

/** Rendered once in a process: nobody changes what is rendered. */
export function rendered(name: KustomizationName): readonly Manifest[] {
  const rendering = renderings.get(name) ?? render(join(DEPLOY, 'kustomize', name));
  renderings.set(name, rendering);
  return rendering;
}

export function daemonSet(name: KustomizationName): V1DaemonSet {
  return theOne<V1DaemonSet>(name, 'DaemonSet');
}

export function configMap(name: KustomizationName, called = 'kube-ipvs-proxy'): V1ConfigMap {
  return theOne<V1ConfigMap>(name, 'ConfigMap', called);
}

function theOne<T>(name: KustomizationName, kind: string, called?: string): T {
  const found = rendered(name).filter(
    (manifest) => kindOf(manifest) === kind && (called === undefined || nameOf(manifest) === called),
  );
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${name} has ${found.length} ${kind}`);
  return found[0].toJS() as T;
}

export interface PodContainers {
  readonly init: V1Container;
  readonly main: V1Container;
}

/** The set-up container and the agent; there are no others. */
export function containersOf(set: V1DaemonSet): PodContainers {
  const { initContainers = [], containers = [] } = set.spec?.template.spec ?? {};
  const [init, main] = [initContainers[0], containers[0]];
  if (init === undefined || main === undefined || initContainers.length + containers.length !== 2)
    throw new Error('expected one init container and one container');
  return { init, main };
}
