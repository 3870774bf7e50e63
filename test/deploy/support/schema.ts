import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the API server knows of one type: each field with its type, and whether an object without it is refused. */
export type Schema = ReadonlyMap<string, FieldSchema>;

export interface FieldSchema {
  /** As client-node spells it: `string`, `number`, `Array<V1Container>`, `{ [key: string]: string; }`, `V1PodSpec`. */
  readonly type: string;
  readonly required: boolean;
}

const MODELS = join(
  dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node/package.json')),
  'dist/gen/models',
);
const FIELD = /^ {4}'([^']+)'(\?)?: (.+);$/gm;
// The one kind of type that is declared over several lines.
const MAPPING = /\{\s+\[key: string\]: ([^;]+);\s+\}/g;

/**
 * The schema of a type such as V1DaemonSet, from the declarations that @kubernetes/client-node has generated from the
 * OpenAPI description of Kubernetes. Undefined where there is no such type. Says nothing of enumerations, ranges and
 * formats.
 */
export function schemaOf(type: string): Schema | undefined {
  if (!declared().has(type)) return undefined;
  const schema = schemas.get(type) ?? readSchema(type);
  schemas.set(type, schema);
  return schema;
}

const schemas = new Map<string, Schema>();

function readSchema(type: string): Schema {
  const text = readFileSync(join(MODELS, `${type}.d.ts`), 'utf8').replaceAll(
    MAPPING,
    '{ [key: string]: $1; }',
  );
  return new Map(
    [...text.matchAll(FIELD)].map(([, name = '', optional, fieldType = '']) => [
      unescaped(name),
      { type: fieldType, required: optional === undefined },
    ]),
  );
}

let names: ReadonlySet<string> | undefined;

function declared(): ReadonlySet<string> {
  names ??= new Set(
    readdirSync(MODELS).flatMap((file) => (file.endsWith('.d.ts') ? [file.slice(0, -'.d.ts'.length)] : [])),
  );
  return names;
}

// A field that is a word of TypeScript is declared with an underscore.
function unescaped(name: string): string {
  return name.replace(/^_/, '');
}
