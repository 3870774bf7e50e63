import { z } from 'zod';

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
  const inner = schema instanceof z.ZodPipe ? schema.def.out : schema;
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}
