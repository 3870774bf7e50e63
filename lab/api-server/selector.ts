import type { ApiObject } from './stored-object.js';

export type Selector = (object: ApiObject) => boolean;

/** A selector that this server does not understand. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

const REQUIREMENT = /^(?<key>[^=!\s]+)\s*(?:(?<operator>!=|==?)\s*(?<value>\S*))?$/;
const ABSENT = /^!\s*(?<key>[^=!\s]+)$/;

/** `labelSelector`: `key`, `!key`, `key=value`, `key!=value`, joined by commas. */
export function labelSelector(text: string): Selector {
  return both(text, (object, key) => object.metadata.labels?.[key]);
}

/** `fieldSelector`: `metadata.name=node-1` and the like, on any field of text. */
export function fieldSelector(text: string): Selector {
  return both(text, (object, path) => {
    const found = path.split('.').reduce<unknown>((value, field) => fieldOf(value, field), object);
    return found === undefined ? '' : String(found);
  });
}

function both(text: string, read: (object: ApiObject, key: string) => string | undefined): Selector {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => requirement(part, read));
  return (object) => parts.every((part) => part(object));
}

function requirement(part: string, read: (object: ApiObject, key: string) => string | undefined): Selector {
  const absent = ABSENT.exec(part)?.groups?.key;
  if (absent !== undefined) return (object) => read(object, absent) === undefined;
  const { key, operator, value } = REQUIREMENT.exec(part)?.groups ?? {};
  if (key === undefined) throw new SelectorError(`unable to parse requirement: ${part}`);
  if (operator === undefined) return (object) => read(object, key) !== undefined;
  const isWanted = operator !== '!=';
  return (object) => (read(object, key) === value) === isWanted;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[field]
    : undefined;
}
