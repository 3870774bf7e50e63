import { setImmediate as pause } from 'node:timers/promises';
import { Composer, type Document, LineCounter } from 'yaml';
import { NestedTooDeeply, yamlTokens } from '../api-objects/yaml-tokens.js';
import { LONGEST_YAML } from './manifest-bytes.js';
import { Unreadable } from './unreadable.js';

export interface ManifestDocument {
  readonly value: unknown;
  /** The line where something inside the document begins, as far as the text tells. */
  readonly lineOf: (path: readonly (string | number)[]) => number | undefined;
}

// YAML 1.2 with the merge key `<<`, which kubectl understands too. Duplicate keys are errors.
const OPTIONS = { prettyErrors: false, merge: true, logLevel: 'error' } as const;

/** Between documents the process sees to other things after this many milliseconds. */
const LONGEST_TURN = 20;

/** The documents of one file, without the empty ones. Throws Unreadable, with line and column, at the first error. */
export async function* manifestDocuments(path: string, text: string): AsyncGenerator<ManifestDocument> {
  const json = path.endsWith('.json') ? parseJson(text) : undefined;
  if (json === undefined) yield* yamlDocuments(text);
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

async function* yamlDocuments(text: string): AsyncGenerator<ManifestDocument> {
  const lines = new LineCounter();
  let begun = performance.now();
  for (const document of composed(text, lines)) {
    const value = plainValue(document, lines);
    if (value !== null && value !== undefined)
      yield { value, lineOf: (path) => lineOf(document, path, lines) };
    if (performance.now() - begun < LONGEST_TURN) continue;
    await pause();
    begun = performance.now();
  }
}

function* composed(text: string, lines: LineCounter): Generator<Document.Parsed> {
  try {
    yield* new Composer(OPTIONS).compose(yamlTokens(text, lines));
  } catch (error) {
    if (!(error instanceof NestedTooDeeply)) throw error;
    throw new Unreadable(error.message, 'Check that it is a manifest at all.');
  }
}

function plainValue(document: Document.Parsed, lines: LineCounter): unknown {
  const error = document.errors[0];
  if (error !== undefined) throw notYaml(error.message, lines.linePos(error.pos[0]));
  try {
    return document.toJS();
  } catch (error) {
    // An alias without anchor, or one that multiplies beyond measure.
    const message = error instanceof Error ? error.message : String(error);
    throw notYaml(message, lines.linePos(document.range[0]));
  }
}

function notYaml(message: string, { line, col }: { line: number; col: number }): Unreadable {
  const sentence = message.replace(/\s+/g, ' ').replace(/\.$/, '');
  return new Unreadable(
    `cannot be parsed at line ${line}, column ${col}: ${sentence}`,
    'Correct the text there.',
  );
}

function lineOf(document: Document.Parsed, path: readonly (string | number)[], lines: LineCounter) {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  const start = hasRange(node) ? node.range[0] : undefined;
  return start === undefined ? undefined : lines.linePos(start).line;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
