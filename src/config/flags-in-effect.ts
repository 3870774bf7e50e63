import { isMapping } from '../model/mapping.js';
import { CONFIG_FLAGS, type ConfigFlag } from './config-flags.js';
import type { Configuration } from './configuration.js';

/**
 * Every flag that stands for a field, with what the field holds in the end, and every other that was given; none is
 * secret.
 */
export function flagsInEffect({ documents, source }: Configuration): Record<string, string> {
  const given = source.flags.map(({ flag, value }) => [flag.name, valueText(value)] as const);
  const fields = CONFIG_FLAGS.flatMap(({ name, field }) =>
    field === undefined ? [] : [[name, valueText(valueAt(field, documents))] as const],
  );
  return Object.fromEntries([...given, ...fields]);
}

function valueAt(
  { document, path }: NonNullable<ConfigFlag['field']>,
  documents: Configuration['documents'],
): unknown {
  let value: unknown = documents[document];
  for (const name of path.split('.')) value = isMapping(value) ? value[name] : undefined;
  return value;
}

// As Go's flags show themselves.
function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `[${value.map(String).join(',')}]`;
  if (!isMapping(value)) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name}=${String(one)}`)
    .join(',');
}
