import { shownName } from '../files/shown.js';
import type { Field } from './field.js';
import { allowedName, DNS_LABEL, type NameRule } from './names.js';

/** Which object it is, among those of its kind. */
export interface Identity {
  readonly namespace: string;
  readonly name: string;
}

/** Undefined, with a complaint, where namespace or name is none. */
export function readIdentity(object: Field, nameRule: NameRule): Identity | undefined {
  if (!object.isObject('it is left alone')) return undefined;
  const metadata = object.section('metadata');
  for (const map of ['labels', 'annotations']) metadata.section(map);
  const namespace = readNamespace(metadata.child('namespace'));
  const name = readName(metadata.child('name'), nameRule);
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** `Service default/web`, also where the names are no names. */
export function subjectOf(kind: string, object: Field): string {
  const metadata = object.child('metadata');
  const namespace = shownName(metadata.child('namespace').value || 'default');
  return `${kind} ${namespace}/${shownName(metadata.child('name').value)}`;
}

// kubectl takes '' for no namespace, and puts such an object into "default".
function readNamespace(field: Field): string | undefined {
  return field.absent || field.value === '' ? 'default' : readName(field, DNS_LABEL);
}

function readName(field: Field, rule: NameRule): string | undefined {
  if (allowedName(field.value, rule)) return field.value;
  field.complain({
    expected: rule.expected,
    so: 'the object is left alone',
    remedy: 'Give it a valid name.',
  });
  return undefined;
}
