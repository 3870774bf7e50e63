import { Composer, type Document, LineCounter } from 'yaml';
import { shown } from '../files/shown.js';
import { NestedTooDeeply, yamlTokens } from '../files/yaml-tokens.js';
import type { Problem } from '../model/problem.js';
import type { Complaint } from './complaint.js';
import { ConfigError, unreadableConfig } from './config-error.js';
import { isMapping } from './field-kinds.js';
import { OWN_API_VERSION, OWN_KIND } from './own-document.js';
import { PROXY_API_VERSION, PROXY_KIND } from './proxy-document.js';

/** What a configuration file says, as YAML says it: nothing checked but which document is which. */
export interface RawDocuments {
  readonly proxy?: Readonly<Record<string, unknown>>;
  readonly own?: Readonly<Record<string, unknown>>;
}

const KINDS = [
  { kind: PROXY_KIND, apiVersion: PROXY_API_VERSION, place: 'proxy' },
  { kind: OWN_KIND, apiVersion: OWN_API_VERSION, place: 'own' },
] as const;

const EXPECTED = `Begin each document with apiVersion and kind: ${KINDS.map(({ kind, apiVersion }) => `${kind} of ${apiVersion}`).join(', or ')}.`;

// JSON is YAML, its tabs included. The merge key `<<` works in Kubernetes too. A key that occurs twice is an error, as is an alias that multiplies.
const OPTIONS = { prettyErrors: false, merge: true, logLevel: 'error' } as const;

/** The documents of a file's text. Throws ConfigError with everything that is wrong with it. */
export function configDocuments(subject: string, text: string): RawDocuments {
  const found = parseYaml(subject, text);
  if (found.length === 0) throw unreadableConfig(subject, 'holds no document.', EXPECTED);
  const problems: Problem[] = [];
  const documents: { proxy?: Record<string, unknown>; own?: Record<string, unknown> } = {};
  for (const value of found) {
    const complaint = place(value, documents);
    if (complaint !== undefined) problems.push({ kind: 'source', subject, ...complaint });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return documents;
}

function parseYaml(subject: string, text: string): readonly unknown[] {
  const lines = new LineCounter();
  const documents = composed(subject, text, lines);
  const problems = documents.flatMap(({ errors }) =>
    errors.map((error) => notYaml(subject, error.message, lines.linePos(error.pos[0]))),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return documents
    .map((document) => plainValue(subject, document, lines))
    .filter((value) => value !== null && value !== undefined);
}

function composed(subject: string, text: string, lines: LineCounter): readonly Document.Parsed[] {
  try {
    return [...new Composer(OPTIONS).compose(yamlTokens(text, lines))];
  } catch (error) {
    if (!(error instanceof NestedTooDeeply)) throw error;
    throw unreadableConfig(subject, `${error.message}.`, 'Check that it is a configuration at all.');
  }
}

function plainValue(subject: string, document: Document.Parsed, lines: LineCounter): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias without anchor, or one that multiplies beyond measure.
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError([notYaml(subject, message, lines.linePos(document.range[0]))]);
  }
}

function notYaml(subject: string, message: string, { line, col }: { line: number; col: number }): Problem {
  const sentence = message.replace(/\s+/g, ' ').replace(/\.$/, '');
  return {
    kind: 'source',
    subject,
    message: `cannot be parsed at line ${line}, column ${col}: ${sentence}.`,
    remedy: 'Correct the text there.',
  };
}

/** Puts a document where its kind belongs, or says why it cannot. */
function place(
  value: unknown,
  documents: { proxy?: Record<string, unknown>; own?: Record<string, unknown> },
): Complaint | undefined {
  if (!isMapping(value))
    return { message: `holds ${shown(value)} where a mapping of fields was expected.`, remedy: EXPECTED };
  const known = KINDS.find(({ kind }) => kind === value.kind);
  if (known === undefined) return unknownKind(value.kind);
  if (value.apiVersion !== known.apiVersion)
    return {
      field: 'apiVersion',
      message: `${shown(value.apiVersion)} was found in the ${known.kind}, expected ${known.apiVersion}.`,
      remedy: 'Correct it; other versions are not known.',
    };
  if (documents[known.place] !== undefined)
    return { message: `holds more than one ${known.kind}.`, remedy: 'Leave one of them.' };
  documents[known.place] = value;
  return undefined;
}

function unknownKind(kind: unknown): Complaint {
  const isConfigMap = kind === 'ConfigMap';
  return {
    field: 'kind',
    message: `${shown(kind)} was found, expected ${KINDS.map((known) => known.kind).join(' or ')}.`,
    remedy: isConfigMap ? 'Give the text below its key config.conf, not the ConfigMap.' : EXPECTED,
  };
}
