import type { TrafficPolicy } from '../model/service.js';
import type { Field } from './field.js';

const POLICIES: readonly TrafficPolicy[] = ['Cluster', 'Local'];

export function readInternalPolicy(spec: Field): TrafficPolicy {
  return readPolicy(spec.child('internalTrafficPolicy'));
}

/** Local only where the Service can have clients outside the cluster; elsewhere it is told and has no effect. */
export function readExternalPolicy(spec: Field, canBeExternal: boolean): TrafficPolicy {
  const field = spec.child('externalTrafficPolicy');
  const policy = readPolicy(field);
  if (policy === 'Cluster' || canBeExternal) return policy;
  field.report(
    'is Local, but no client outside the cluster can reach a ClusterIP Service without externalIPs; it has no effect.',
    'Write internalTrafficPolicy if clients inside are meant, or leave the field out.',
  );
  return 'Cluster';
}

function readPolicy(field: Field): TrafficPolicy {
  if (field.absent || field.value === '') return 'Cluster';
  const policy = POLICIES.find((known) => known === field.value);
  if (policy !== undefined) return policy;
  field.complain({ expected: POLICIES.join(' or '), so: 'Cluster is used', remedy: 'Write one of the two.' });
  return 'Cluster';
}
