import { isMapping } from '../model/mapping.js';

/** One field that is not the same in two objects. */
export interface Difference {
  /** `spec.template.spec.containers[kube-proxy].image` */
  readonly field: string;
  /** Undefined where it is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Every field that differs, the deepest that tells it. Items of lists are told by their name where they have one.
 * Fields that only `before` has count where `isWhole`; an API server fills in defaults, of which nobody wrote anything.
 */
export function differences(before: unknown, after: unknown, isWhole: boolean, field = ''): Difference[] {
  if (Array.isArray(before) && Array.isArray(after))
    return inFields(byName(before), byName(after), isWhole, (name) => `${field}[${name}]`);
  if (isMapping(before) && isMapping(after))
    return inFields(before, after, isWhole, (name) => (field === '' ? name : `${field}.${name}`));
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field, before, after }];
}

function inFields(before: Fields, after: Fields, isWhole: boolean, place: (name: string) => string) {
  const names = isWhole ? [...new Set([...Object.keys(before), ...Object.keys(after)])] : Object.keys(after);
  return names.flatMap((name) => differences(before[name], after[name], isWhole, place(name)));
}

function byName(list: readonly unknown[]): Fields {
  return Object.fromEntries(
    list.map((item, index) => [isMapping(item) && typeof item.name === 'string' ? item.name : index, item]),
  );
}

/** `  field: before → after`, texts of several lines by the lines that differ. */
export function differenceText({ field, before, after }: Difference): string {
  if (typeof before === 'string' && typeof after === 'string' && after.includes('\n'))
    return [`  ${field}:`, ...linesThatDiffer(before, after)].join('\n');
  return `  ${field}: ${shown(before)} → ${shown(after)}`;
}

function linesThatDiffer(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const gone = old.filter((line) => !fresh.includes(line)).map((line) => `    - ${line}`);
  return [...gone, ...fresh.filter((line) => !old.includes(line)).map((line) => `    + ${line}`)];
}

function shown(value: unknown): string {
  return value === undefined ? '(none)' : JSON.stringify(value);
}
