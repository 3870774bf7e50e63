import { translateEndpointSlice } from '../api-objects/endpoint-slice.js';
import { translateNodeAddresses } from '../api-objects/node.js';
import { translateService } from '../api-objects/service.js';
import { reasonText, type Translation } from '../api-objects/translation.js';
import { shown, shownName } from '../files/shown.js';
import type { Problem } from '../model/problem.js';
import { serviceKey } from '../model/service-key.js';
import { type ManifestDocument, manifestDocuments } from './manifest-documents.js';
import { type ManifestKind, type ManifestObject, type ManifestRecord, objectId } from './manifest-object.js';
import { ShortList, sourceProblem } from './manifest-problems.js';

/** What one file says. */
export interface ManifestContent {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly Problem[];
}

/** Rejects with Unreadable where the text as a whole makes no sense: then nothing of it is to be used. */
export async function manifestContent(file: string, text: string): Promise<ManifestContent> {
  const reader = new ContentReader(file);
  for await (const document of manifestDocuments(file, text)) reader.addDocument(document);
  return { objects: reader.objects, problems: reader.list.problems };
}

class ContentReader {
  readonly objects: ManifestObject[] = [];
  readonly list: ShortList;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    this.list = new ShortList(shownName(file));
  }

  addDocument(document: ManifestDocument): void {
    const read = documentKind(document.value);
    if (read.kind !== 'list') {
      this.#addValue(document.value, this.#place(document, []));
    } else if (Array.isArray(read.items)) {
      read.items.forEach((item, index) => void this.#addValue(item, this.#place(document, ['items', index])));
    } else if (read.items !== undefined && read.items !== null) {
      this.#reject(this.#place(document, []), 'is a List whose items are no list.');
    }
  }

  #addValue(value: unknown, place: string): void {
    const read = documentKind(value);
    if (read.kind === 'supported') this.#addObject(read.supported, value, place);
    else if (read.kind === 'list') this.#reject(place, 'is a List inside a List; it is left out.');
    else if (read.kind === 'unknown') this.#reject(place, read.found);
  }

  #addObject({ kind, translate }: SupportedKind, value: unknown, place: string): void {
    const translation = translate(value);
    const { identity } = translation;
    const problems = translation.problems.map((problem) => at(place, problem));
    if (identity === undefined) {
      for (const problem of problems) this.list.add(problem);
      return;
    }
    const id = objectId(kind, identity.namespace, identity.name);
    const name = identity.namespace === '' ? identity.name : `${identity.namespace}/${identity.name}`;
    const subject = `${kind} ${name} (${place})`;
    const record = translation.kind === 'translated' ? translation.record : undefined;
    problems.push(...withoutAddress(subject, translation));
    this.objects.push({ id, file: this.#file, subject, record, problems });
  }

  #reject(place: string, message: string): void {
    this.list.add(sourceProblem(place, message, SUPPORTED_TEXT));
  }

  #place({ lineOf }: ManifestDocument, path: readonly (string | number)[]): string {
    const line = lineOf(path);
    const file = shownName(this.#file);
    if (line !== undefined) return `${file} line ${line}`;
    return path.length === 0 ? file : `${file} ${path[0]}[${path[1]}]`;
  }
}

function at(place: string, problem: Problem): Problem {
  return { ...problem, subject: `${problem.subject} (${place})` };
}

// In a cluster the API server gives a Service its address before any proxy sees it; in a folder nobody does.
function withoutAddress(subject: string, translation: Translation<ManifestRecord>): Problem[] {
  if (translation.kind === 'translated' || translation.because !== 'without-cluster-ip') return [];
  const { namespace = '', name = '' } = translation.identity ?? {};
  return [
    {
      kind: 'object',
      subject,
      service: serviceKey(namespace, name),
      field: 'spec.clusterIP',
      message: `left alone, because ${reasonText(translation.because)}, and nobody assigns one to a file.`,
      remedy: 'Write a free address of the service network, or None.',
    },
  ];
}

/** What a document says it is. */
type DocumentKind =
  | { readonly kind: 'list'; readonly items: unknown }
  | { readonly kind: 'supported'; readonly supported: SupportedKind }
  | { readonly kind: 'ignored' }
  /** `found` completes a sentence that begins with the place of the document. */
  | { readonly kind: 'unknown'; readonly found: string };

interface SupportedKind {
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
const SUPPORTED_TEXT = `Supported are ${SUPPORTED_KINDS.map(titleOf).join(', ')}, and List (v1) of these.`;

function documentKind(value: unknown): DocumentKind {
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
