import { setImmediate as pause } from 'node:timers/promises';
import { MIB } from '../files/bounded-file.js';
import { NestedTooDeeply, type YamlDocument, YamlFault, yamlDocuments } from '../files/yaml-documents.js';
import { Unreadable } from './manifest-problems.js';

/** Bytes. Parsing takes 0.7 s per MiB, and a single document holds up the process for that long. */
export const LONGEST_YAML = 16 * MIB;

export interface ManifestDocument {
  readonly value: unknown;
  /** The line where something inside the document begins, as far as the text shows. */
  readonly lineOf: (path: readonly (string | number)[]) => number | undefined;
}

/** Between documents the process sees to other things after this many milliseconds. */
const LONGEST_TURN = 20;

/** The documents of one file, without the empty ones. Throws Unreadable, with line and column, at the first error. */
export async function* manifestDocuments(path: string, text: string): AsyncGenerator<ManifestDocument> {
  const json = path.endsWith('.json') ? parseJson(text) : undefined;
  if (json === undefined) yield* documentsOf(text);
  else yield json;
}

/** Undefined where it is no JSON: YAML, of which JSON is a part, then names the place or accepts it as kubectl does. */
function parseJson(text: string): ManifestDocument | undefined {
  try {
    return { value: JSON.parse(text), lineOf: () => undefined };
  } catch (error) {
    if (text.length <= LONGEST_YAML) return undefined;
    throw new Unreadable(
      `is not valid JSON: ${String(error)}`,
      'Correct it, or split it into smaller files.',
    );
  }
}

async function* documentsOf(text: string): AsyncGenerator<ManifestDocument> {
  let begun = performance.now();
  for (const document of shallowDocuments(text)) {
    const value = plainValue(document);
    if (value !== null && value !== undefined) yield { value, lineOf: (path) => document.lineOf(path) };
    if (performance.now() - begun < LONGEST_TURN) continue;
    await pause();
    begun = performance.now();
  }
}

function* shallowDocuments(text: string): Generator<YamlDocument> {
  try {
    yield* yamlDocuments(text);
  } catch (error) {
    if (!(error instanceof NestedTooDeeply)) throw error;
    throw new Unreadable(error.message, 'Check that it is a manifest at all.');
  }
}

function plainValue(document: YamlDocument): unknown {
  const [fault] = document.faults;
  if (fault !== undefined) throw notYaml(fault);
  try {
    return document.value();
  } catch (error) {
    throw error instanceof YamlFault ? notYaml(error) : error;
  }
}

function notYaml({ message, line, column }: YamlFault): Unreadable {
  return new Unreadable(
    `cannot be parsed at line ${line}, column ${column}: ${message}`,
    'Correct the text there.',
  );
}
