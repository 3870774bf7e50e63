import { CUSTOM_SCHEMAS } from './custom-schemas.js';
import { type Schema, schemaOf } from './schema.js';

/**
 * What an API server would refuse of an object: a kind nobody knows, unknown fields, wrong types, required fields that
 * are missing. Each complaint names the place. Enumerations and cross-field rules are the tests' own business.
 */
export function schemaComplaints(object: unknown): string[] {
  const { apiVersion, kind } = object as { apiVersion?: unknown; kind?: unknown };
  const type = TYPES.get(`${apiVersion}/${kind}`);
  if (type === undefined) return [`no schema is known for ${apiVersion}/${kind}`];
  return check(object, type, String(kind));
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['v1/ServiceAccount', 'V1ServiceAccount'],
  ['v1/ConfigMap', 'V1ConfigMap'],
  ['rbac.authorization.k8s.io/v1/Role', 'V1Role'],
  ['rbac.authorization.k8s.io/v1/ClusterRole', 'V1ClusterRole'],
  ['rbac.authorization.k8s.io/v1/ClusterRoleBinding', 'V1ClusterRoleBinding'],
  ['apps/v1/DaemonSet', 'V1DaemonSet'],
  ['monitoring.coreos.com/v1/PodMonitor', 'PodMonitor'],
  ['monitoring.coreos.com/v1/PrometheusRule', 'PrometheusRule'],
]);

const ARRAY = /^Array<(.+)>$/;
const MAP = /^\{ \[key: string\]: (.+); \}$/;
const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  IntOrString: (value) => typeof value === 'string' || Number.isInteger(value),
  Date: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  any: () => true,
};

function check(value: unknown, type: string, place: string): string[] {
  const scalar = SCALARS[type];
  if (scalar !== undefined) return scalar(value) ? [] : [`${place}: expected ${type}, found ${shown(value)}`];
  const item = ARRAY.exec(type)?.[1];
  if (item !== undefined) return checkList(value, item, place);
  const member = MAP.exec(type)?.[1];
  if (member !== undefined)
    return mappingOf(value, place, (entries) =>
      entries.flatMap(([key, inside]) => check(inside, member, `${place}.${key}`)),
    );
  const schema = CUSTOM_SCHEMAS[type] ?? schemaOf(type);
  if (schema === undefined) return [`${place}: the schema has no type ${type}`];
  return mappingOf(value, place, (entries) => checkFields(entries, schema, place));
}

function checkList(value: unknown, item: string, place: string): string[] {
  if (!Array.isArray(value)) return [`${place}: expected a list, found ${shown(value)}`];
  return value.flatMap((inside, index) => check(inside, item, `${place}[${index}]`));
}

function mappingOf(
  value: unknown,
  place: string,
  inside: (entries: [string, unknown][]) => string[],
): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return [`${place}: expected a mapping, found ${shown(value)}`];
  return inside(Object.entries(value));
}

function checkFields(entries: readonly [string, unknown][], schema: Schema, place: string): string[] {
  const present = new Set(entries.map(([name]) => name));
  const missing = [...schema].filter(([name, { required }]) => required && !present.has(name));
  return [
    ...missing.map(([name]) => `${place}.${name}: is missing`),
    ...entries.flatMap(([name, inside]) => {
      const field = schema.get(name);
      if (field === undefined) return [`${place}.${name}: there is no such field`];
      return check(inside, field.type, `${place}.${name}`);
    }),
  ];
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? String(value);
}
