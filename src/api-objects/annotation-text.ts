import type { Field } from './field.js';

/** The parts of an annotation that lists something with commas; none with a complaint where it is no text. */
export function listedIn(field: Field, so: string): readonly string[] {
  const text = textOf(field, so);
  return text === undefined ? [] : text.split(',').flatMap((part) => part.trim() || []);
}

/** Undefined where the annotation is absent, and with a complaint where it is no text. */
export function textOf(field: Field, so: string): string | undefined {
  const { value } = field;
  if (field.absent || typeof value === 'string') return value?.toString().trim();
  field.complain({ expected: 'text', so, remedy: 'Annotations are text: write it in quotes.' });
  return undefined;
}
