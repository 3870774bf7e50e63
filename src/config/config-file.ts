import { fileFault, MIB, readBoundedFile, utf8Text } from '../files/bounded-file.js';
import { shown } from '../files/shown.js';
import { NestedTooDeeply, type YamlDocument, YamlFault, yamlDocuments } from '../files/yaml-documents.js';
import { isMapping } from '../model/mapping.js';
import type { Problem } from '../model/problem.js';
import { type Complaint, ConfigError, unreadableConfig } from './config-error.js';
import { OWN_API_VERSION, OWN_KIND } from './own-document.js';
import { PROXY_API_VERSION, PROXY_KIND } from './proxy-document.js';

/** Bytes. kubeadm's file has two thousand; what is larger is not a configuration. */
const LARGEST = MIB;

/** The text of a configuration file. Rejects with ConfigError where there is none. */
export async function readConfigText(path: string): Promise<string> {
  try {
    return utf8Text((await readBoundedFile(path, LARGEST)).bytes);
  } catch (error) {
    const { fault, remedy } = fileFault(error);
    throw unreadableConfig(path, `${fault}.`, remedy);
  }
}

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
  const documents = shallowDocuments(subject, text);
  const faults = documents.flatMap((document) => document.faults);
  if (faults.length > 0) throw notYaml(subject, faults);
  return documents
    .map((document) => plainValue(subject, document))
    .filter((value) => value !== null && value !== undefined);
}

function shallowDocuments(subject: string, text: string): readonly YamlDocument[] {
  try {
    return [...yamlDocuments(text)];
  } catch (error) {
    if (!(error instanceof NestedTooDeeply)) throw error;
    throw unreadableConfig(subject, `${error.message}.`, 'Check that it is a configuration at all.');
  }
}

function plainValue(subject: string, document: YamlDocument): unknown {
  try {
    return document.value();
  } catch (error) {
    throw error instanceof YamlFault ? notYaml(subject, [error]) : error;
  }
}

function notYaml(subject: string, faults: readonly YamlFault[]): ConfigError {
  return new ConfigError(
    faults.map(({ message, line, column }) => ({
      kind: 'source',
      subject,
      message: `cannot be parsed at line ${line}, column ${column}: ${message}.`,
      remedy: 'Correct the text there.',
    })),
  );
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
