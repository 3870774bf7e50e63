import { readFileSync } from 'node:fs';

/** The part of JSON Schema that docs/schemas uses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  /** Of every key that `properties` does not name. */
  readonly additionalProperties?: Schema;
}

export function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`../../docs/schemas/${name}`, import.meta.url), 'utf8')) as Schema;
}

/**
 * Where the value is not as the schema says, by path; keys that the schema does not name count too, since users could
 * not know them.
 */
export function schemaBreaches(value: unknown, schema: Schema, path = '$'): string[] {
  if ('const' in schema && value !== schema.const) return [`${path} is not ${String(schema.const)}`];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`${path} is '${String(value)}', not one of ${schema.enum.join(', ')}`];
  if (schema.type !== undefined && ![schema.type].flat().includes(typeOf(value)))
    return [`${path} is of type ${typeOf(value)}`];
  if (Array.isArray(value))
    return value.flatMap((item, index) => schemaBreaches(item, schema.items ?? {}, `${path}[${index}]`));
  return typeof value === 'object' && value !== null ? objectBreaches(value, schema, path) : [];
}

function objectBreaches(
  value: object,
  { required = [], properties = {}, additionalProperties }: Schema,
  path: string,
): string[] {
  const missing = required.filter((key) => !(key in value)).map((key) => `${path}.${key} is missing`);
  const rest = Object.entries(value).flatMap(([key, field]) => {
    const schema = properties[key] ?? additionalProperties;
    return schema === undefined
      ? [`${path}.${key} is not in the schema`]
      : schemaBreaches(field, schema, `${path}.${key}`);
  });
  return [...missing, ...rest];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
