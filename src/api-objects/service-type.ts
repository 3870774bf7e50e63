import type { Field } from './field.js';

/** ExternalName Services are sorted out before: no proxy has anything to do with them. */
const TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer'] as const;

export type ServiceType = (typeof TYPES)[number];

export function readServiceType(spec: Field): ServiceType {
  const field = spec.child('type');
  if (field.absent || field.value === '') return 'ClusterIP';
  const type = TYPES.find((known) => known === field.value);
  if (type !== undefined) return type;
  field.complain({
    expected: `${TYPES.join(', ')} or ExternalName`,
    so: 'it counts as ClusterIP',
    remedy: 'Write one of the four.',
  });
  return 'ClusterIP';
}
