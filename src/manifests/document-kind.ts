import { translateEndpointSlice } from '../api-objects/endpoint-slice.js';
import { translateNodeAddresses } from '../api-objects/node.js';
import { translateService } from '../api-objects/service.js';
import type { Translation } from '../api-objects/translation.js';
import { shown } from '../files/shown.js';
import type { ManifestKind, ManifestRecord } from './manifest-object.js';

/** What a document says it is. */
type DocumentKind =
  | { readonly kind: 'list'; readonly items: unknown }
  | { readonly kind: 'supported'; readonly supported: SupportedKind }
  | { readonly kind: 'ignored' }
  /** `found` completes a sentence that begins with the place of the document. */
  | { readonly kind: 'unknown'; readonly found: string };

export interface SupportedKind {
  readonly kind: ManifestKind;
  readonly apiVersion: string;
  readonly translate: (object: unknown) => Translation<ManifestRecord>;
}

const SUPPORTED_KINDS: readonly SupportedKind[] = [
  { kind: 'Service', apiVersion: 'v1', translate: serviceRecord },
  { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', translate: sliceRecord },
  { kind: 'Node', apiVersion: 'v1', translate: nodeRecord },
];

/**
 * Kinds that people keep in one file with their Services. They are passed over without a word, whatever their
 * apiVersion; any other kind is a Problem, since it may be a Service misspelt.
 */
const IGNORED_KINDS: ReadonlySet<string> = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'ConfigMap',
  'CronJob',
  'CustomResourceDefinition',
  'DaemonSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'Ingress',
  'IngressClass',
  'Job',
  'LimitRange',
  'Namespace',
  'NetworkPolicy',
  'Node',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodDisruptionBudget',
  'PriorityClass',
  'ReplicaSet',
  'ResourceQuota',
  'Role',
  'RoleBinding',
  'Secret',
  'ServiceAccount',
  'StatefulSet',
  'StorageClass',
]);

/** For remedies. */
export const SUPPORTED_TEXT = `Supported are ${SUPPORTED_KINDS.map(titleOf).join(', ')}, and List (v1) of these.`;

export function documentKind(value: unknown): DocumentKind {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'unknown', found: `is ${shown(value)}, expected an object with kind and apiVersion.` };
  }
  const { kind, apiVersion, items } = value as Readonly<Record<string, unknown>>;
  if (kind === 'List' && apiVersion === 'v1') return { kind: 'list', items };
  const supported = SUPPORTED_KINDS.find((known) => known.kind === kind && known.apiVersion === apiVersion);
  if (supported !== undefined) return { kind: 'supported', supported };
  if (typeof kind === 'string' && IGNORED_KINDS.has(kind)) return { kind: 'ignored' };
  return {
    kind: 'unknown',
    found: `has kind ${shown(kind)} and apiVersion ${shown(apiVersion)}; it is left out.`,
  };
}

function titleOf({ kind, apiVersion }: SupportedKind): string {
  return `${kind} (${apiVersion})`;
}

function serviceRecord(object: unknown): Translation<ManifestRecord> {
  const translation = translateService(object);
  if (translation.kind === 'left-alone') return translation;
  return { ...translation, record: { kind: 'Service', service: translation.record } };
}

function sliceRecord(object: unknown): Translation<ManifestRecord> {
  const translation = translateEndpointSlice(object);
  if (translation.kind === 'left-alone') return translation;
  return { ...translation, record: { kind: 'EndpointSlice', slice: translation.record } };
}

function nodeRecord(object: unknown): Translation<ManifestRecord> {
  const translation = translateNodeAddresses(object);
  if (translation.kind === 'left-alone') return translation;
  return { ...translation, record: { kind: 'Node', node: translation.record } };
}
