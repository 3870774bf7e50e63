import type { Problem } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import { Complaints } from './complaints.js';
import { Field } from './field.js';
import { type Identity, readIdentity, subjectOf } from './identity.js';
import type { NameRule } from './names.js';
import type { Reason, Translation } from './translation.js';

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
