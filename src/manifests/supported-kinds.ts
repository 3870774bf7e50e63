import { translateEndpointSlice } from '../api-objects/endpoint-slice.js';
import { translateNodeAddresses } from '../api-objects/node-addresses.js';
import { translateService } from '../api-objects/service.js';
import type { Translation } from '../api-objects/translation.js';
import type { ManifestKind, ManifestRecord } from './manifest-object.js';

export interface SupportedKind {
  readonly kind: ManifestKind;
  readonly apiVersion: string;
  readonly translate: (object: unknown) => Translation<ManifestRecord>;
}

export const SUPPORTED_KINDS: readonly SupportedKind[] = [
  { kind: 'Service', apiVersion: 'v1', translate: serviceRecord },
  { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', translate: sliceRecord },
  { kind: 'Node', apiVersion: 'v1', translate: nodeRecord },
];

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
