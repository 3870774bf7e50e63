/** The part of JSON Schema (draft 7) that this project uses; any other word is an error. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const WORDS = [
  ...['$schema', '$ref', 'definitions', 'type', 'properties', 'additionalProperties', 'required', 'items'],
  ...['pattern', 'enum', 'minimum', 'maximum'],
];

/** What of the value the schema refuses, each with its place. */
export function jsonComplaints(value: unknown, schema: JsonSchema, root = schema, place = ''): string[] {
  const unknown = Object.keys(schema).find((word) => !WORDS.includes(word));
  if (unknown !== undefined) throw new Error(`the check of JSON Schema does not know ${unknown}`);
  const definition = root.definitions?.[schema.$ref?.replace('#/definitions/', '') ?? ''];
  if (schema.$ref !== undefined && definition === undefined) throw new Error(`${schema.$ref} is not there`);
  if (definition !== undefined) return jsonComplaints(value, definition, root, place);
  if (schema.type !== undefined && typeOf(value) !== schema.type) return [`${place}: is no ${schema.type}`];
  return [
    ...scalarComplaints(value, schema).map((complaint) => `${place}: ${complaint}`),
    ...insideComplaints(value, schema, root, place),
  ];
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function scalarComplaints(value: unknown, schema: JsonSchema): string[] {
  const isFitting = schema.pattern === undefined || new RegExp(schema.pattern).test(String(value));
  const isListed = schema.enum === undefined || schema.enum.includes(value);
  const number = Number(value);
  const isWithin = !(number < (schema.minimum ?? -Infinity)) && !(number > (schema.maximum ?? Infinity));
  return isFitting && isListed && isWithin ? [] : [`${JSON.stringify(value)} is refused`];
}

function insideComplaints(value: unknown, schema: JsonSchema, root: JsonSchema, place: string): string[] {
  const { items, properties = {}, required = [], additionalProperties } = schema;
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      items ? jsonComplaints(item, items, root, `${place}[${index}]`) : [],
    );
  if (typeof value !== 'object' || value === null) return [];
  const missing = required.filter((name) => !(name in value)).map((name) => `${place}.${name}: is missing`);
  const fields = Object.entries(value).flatMap(([name, inside]) => {
    const known = properties[name];
    if (known !== undefined) return jsonComplaints(inside, known, root, `${place}.${name}`);
    return additionalProperties === false ? [`${place}.${name}: there is no such value`] : [];
  });
  return [...missing, ...fields];
}
