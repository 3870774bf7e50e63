import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import { Complaints, Field } from './field.js';
import { type Identity, readIdentity, subjectOf } from './metadata.js';
import type { NameRule } from './names.js';

/** What became of one API object. The problems never undo what could be used. */
export type Translation<R> = Translated<R> | LeftAlone;

interface Translated<R> {
  readonly kind: 'translated';
  readonly identity: Identity;
  readonly record: R;
  readonly problems: readonly Problem[];
}

/** An object that is none of this program's business, or of which nothing could be used. */
interface LeftAlone {
  readonly kind: 'left-alone';
  readonly because: Reason;
  /** Undefined where the object has no valid name; then nothing is known under its name either. */
  readonly identity: Identity | undefined;
  readonly problems: readonly Problem[];
}

const REASONS = {
  nameless: 'it has no valid name',
  'other-proxy': 'its label service.kubernetes.io/service-proxy-name gives it to another proxy',
  headless: 'it is headless',
  'external-name': 'it is of type ExternalName',
  'without-cluster-ip': 'it has no clusterIP',
  'unusable-cluster-ip': 'none of its clusterIPs can be used',
  'without-service': 'its label kubernetes.io/service-name names no Service',
  'without-addresses': 'its addressType is neither IPv4 nor IPv6',
} as const;

export type Reason = keyof typeof REASONS;

/** Completes "left alone, because …". */
export function reasonText(reason: Reason): string {
  return REASONS[reason];
}

/** What the kinds of objects differ in. */
export interface Reader<R> {
  readonly kind: string;
  readonly nameRule: NameRule;
  /** The Service whose status shows the problems. */
  readonly serviceOf: (object: Field, identity: Identity) => ServiceKey | undefined;
  /** `proxyName` is this proxy's own; undefined for the proxy of all objects that name none. */
  readonly read: (object: Field, identity: Identity, proxyName: string | undefined) => Reading<R>;
}

export type Reading<R> = { readonly record: R } | { readonly because: Reason };

/** Never throws, whatever the object is. */
export function translate<R>(reader: Reader<R>, object: unknown, proxyName?: string): Translation<R> {
  const complaints = new Complaints();
  const root = new Field(object, complaints);
  const identity = readIdentity(root, reader.nameRule);
  const reading: Reading<R> = identity ? reader.read(root, identity, proxyName) : { because: 'nameless' };
  const problems = complaints.none ? NO_PROBLEMS : problemsOf(reader, root, identity, complaints);
  if (identity && 'record' in reading) {
    return { kind: 'translated', identity, record: reading.record, problems };
  }
  return {
    kind: 'left-alone',
    because: 'because' in reading ? reading.because : 'nameless',
    identity,
    problems,
  };
}

const NO_PROBLEMS: readonly Problem[] = [];

function problemsOf<R>(
  reader: Reader<R>,
  root: Field,
  identity: Identity | undefined,
  complaints: Complaints,
): readonly Problem[] {
  return complaints.about(subjectOf(reader.kind, root), identity && reader.serviceOf(root, identity));
}
