import { describe, expect, it } from 'vitest';
import { NestedTooDeeply, type YamlFault, yamlDocuments } from '../../src/files/yaml-documents.js';

/** Texts that nest so deep, each in another notation. */
const NOTATIONS: Record<string, (levels: number) => string> = {
  brackets: (levels) => `${'['.repeat(levels)}${']'.repeat(levels)}`,
  braces: (levels) => `${'{a: '.repeat(levels)}1${'}'.repeat(levels)}`,
  'dashes in a row': (levels) => `${'- '.repeat(levels)}1`,
  'explicit keys': (levels) => `${'? '.repeat(levels)}1`,
  indentation: (levels) => Array.from({ length: levels }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
};

function read(text: string): readonly YamlFault[] {
  return [...yamlDocuments(text)].flatMap(({ faults }) => faults);
}

describe.each(Object.entries(NOTATIONS))('nesting by %s', (_, textOf) => {
  it('is fine to a depth that nobody needs', () => {
    expect(read(textOf(98))).toEqual([]);
  });

  it('is refused beyond, however deep', () => {
    for (const levels of [102, 1_000]) expect(() => read(textOf(levels))).toThrow(NestedTooDeeply);
  });
});

describe('YAML that nests too deeply', () => {
  it('is refused with the line where it becomes so', () => {
    const text = `kind: Service\nspec: ${'['.repeat(200)}`;
    expect(() => read(text)).toThrow('is nested deeper than 100 levels at line 2');
  });

  // The process ended at one of these, where the Composer saw them.
  it('is refused again and again without harm to the process', () => {
    for (let time = 0; time < 2; time++)
      for (const levels of [1e3, 5e3, 2e4]) expect(() => read('['.repeat(levels))).toThrow(NestedTooDeeply);
  });
});
