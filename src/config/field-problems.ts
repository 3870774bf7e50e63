import * as z from 'zod/mini';
import { shown } from '../files/shown.js';
import { isMapping } from '../model/mapping.js';
import type { Complaint } from './config-error.js';

type Path = readonly PropertyKey[];

/** A schema's findings about `value` in our words: the field, what was found, what was expected, what would mend it. */
export function fieldComplaints(
  kind: string,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  known: readonly string[],
): Complaint[] {
  return issues.flatMap((issue): Complaint[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownField(kind, pathText([...issue.path, key]), known))
      : [wrongValue(pathText(issue.path), valueAt(value, issue.path), issue.message)],
  );
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${String(key)}`),
    '',
  );
}

function wrongValue(field: string, found: unknown, expected: string): Complaint {
  return {
    field,
    message: `${shown(found)} was found, expected ${expected}.`,
    remedy: REMEDIES[field] ?? 'Correct it, or leave it out for the default.',
  };
}

const REMEDIES: Readonly<Record<string, string>> = {
  mode: 'Write ipvs; for another mode keep kube-proxy itself.',
};

function unknownField(kind: string, field: string, known: readonly string[]): Complaint {
  const meant = REPLACED.get(field) ?? nearest(field, known);
  return {
    field,
    message: `is no field of ${kind}.`,
    remedy: meant === undefined ? 'Remove it.' : `Write ${meant} if that is meant, or remove it.`,
  };
}

/** Fields of older releases that others stand for by now. */
const REPLACED: ReadonlyMap<string, string> = new Map([
  ['conntrack.max', 'conntrack.maxPerCore and conntrack.min'],
  ['detectLocal.clusterCIDRs', 'clusterCIDR'],
]);

// Frequent mistakes: a field at the wrong depth, large and small letters, a letter too many or too few.
function nearest(field: string, known: readonly string[]): string | undefined {
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  const alike = known.filter((path) => last(path) === last(field));
  const namesakes = alike.length > 0 ? alike : known.filter((path) => isMistyped(last(path), last(field)));
  return (
    namesakes.find((path) => path.toLowerCase() === field.toLowerCase()) ??
    namesakes.find((path) => path.startsWith('ipvs.')) ??
    namesakes[0]
  );
}

/**
 * Whether two names differ by one letter that is wrong, missing or too many. Short ones are too often alike by chance.
 */
function isMistyped(one: string, other: string): boolean {
  if (Math.min(one.length, other.length) < 5 || Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  const [rest, otherRest] = [one.slice(start), other.slice(start)];
  return [
    [rest.slice(1), otherRest],
    [rest, otherRest.slice(1)],
    [rest.slice(1), otherRest.slice(1)],
  ].some(([a, b]) => a === b);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isMapping(inner) || Array.isArray(inner) ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** The paths of all fields of a schema made of sections, `ipvs.scheduler`, in the schema's order. */
export function fieldPaths(schema: z.core.$ZodType, above = ''): string[] {
  const shape = sectionShape(schema);
  if (shape === undefined) return [above];
  return Object.entries(shape).flatMap(([name, inner]) =>
    fieldPaths(inner, above === '' ? name : `${above}.${name}`),
  );
}

/** What a value holds at such a path. */
export function fieldAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value);
}

function sectionShape(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = schema instanceof z.ZodMiniPipe ? schema.def.out : schema;
  return inner instanceof z.ZodMiniObject ? inner.shape : undefined;
}
