import type { Field } from './field.js';

/** What the API server fills in where a Service asks for ClientIP affinity and says no more. */
const DEFAULT_TIMEOUT = 10_800;
const LONGEST_TIMEOUT = 86_400;

/** Seconds of client affinity; 0 for none. */
export function readAffinityTimeout(spec: Field): number {
  const affinity = spec.child('sessionAffinity');
  if (affinity.absent || affinity.value === '' || affinity.value === 'None') return 0;
  if (affinity.value === 'ClientIP') return readTimeout(spec);
  affinity.complain({ expected: 'None or ClientIP', so: 'None is used', remedy: 'Write one of the two.' });
  return 0;
}

function readTimeout(spec: Field): number {
  const config = spec.section('sessionAffinityConfig').section('clientIP');
  const field = config.child('timeoutSeconds');
  if (field.absent) return DEFAULT_TIMEOUT;
  if (isTimeout(field.value)) return field.value;
  field.complain({
    expected: `a whole number from 1 to ${LONGEST_TIMEOUT}`,
    so: `${DEFAULT_TIMEOUT} is used`,
    remedy: 'Correct the number of seconds.',
  });
  return DEFAULT_TIMEOUT;
}

function isTimeout(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LONGEST_TIMEOUT;
}
