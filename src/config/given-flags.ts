import { isMapping } from '../model/mapping.js';
import type { RawDocuments } from './config-file.js';
import type { ConfigFlag, FieldName, FlagValue } from './config-flags.js';

/** A flag as it stood on the command line. */
export interface GivenFlag {
  readonly flag: ConfigFlag;
  /** As the field holds it: a number, a list, a text. */
  readonly value: unknown;
}

interface FieldSetting extends FieldName {
  readonly value: unknown;
}

/** The documents with what the flags say written over them. */
export function withFlags(raw: RawDocuments, given: readonly GivenFlag[]): RawDocuments {
  let documents = raw;
  for (const { document, path, value } of given.flatMap(fieldSettings))
    documents = { ...documents, [document]: withField(documents[document] ?? {}, path.split('.'), value) };
  return documents;
}

// An empty address or a port of 0 turns a server off on the command line, while in the file it stands for the default.
const SERVERS: Readonly<Record<string, string>> = {
  healthzBindAddress: 'serveHealth',
  metricsBindAddress: 'serveMetrics',
};

function fieldSettings({ flag, value }: GivenFlag): FieldSetting[] {
  if (flag.field === undefined) return [];
  const server = SERVERS[flag.field.path];
  if (server !== undefined && (value === '' || value === 0))
    return [{ document: 'own', path: server, value: false }];
  // healthz-port and metrics-port, which kube-proxy gave up in favour of whole addresses.
  const isPort = server !== undefined && typeof value === 'number';
  return [{ ...flag.field, value: isPort ? `0.0.0.0:${value}` : value }];
}

function withField(
  mapping: Readonly<Record<string, unknown>>,
  [name = '', ...rest]: readonly string[],
  value: unknown,
): Readonly<Record<string, unknown>> {
  if (rest.length === 0) return { ...mapping, [name]: value };
  const inner = mapping[name] ?? {};
  // A section that is no mapping is the file's mistake, and is reported as such.
  return isMapping(inner) ? { ...mapping, [name]: withField(inner, rest, value) } : mapping;
}

/** A flag's value makes no sense. The message says what was found and what was expected. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** Reads one occurrence; `before` is what earlier ones said. Lists and gates grow, of all else the last one counts. */
export function flagValue(kind: FlagValue, text: string, before: unknown): unknown {
  switch (kind) {
    case 'boolean':
      return truth(text);
    case 'number':
      return decimal(text);
    case 'seconds':
      return `${seconds(text)}s`;
    case 'list':
      return [...((before as readonly string[] | undefined) ?? []), ...words(text)];
    case 'gates':
      return { ...(before as object | undefined), ...Object.fromEntries(words(text).map(gate)) };
    case 'text':
    case 'duration':
      return text;
    default:
      return kind satisfies never;
  }
}

// The spellings that Go takes for its booleans.
function truth(text: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw new FlagError(`'${text}' is neither true nor false.`);
}

function decimal(text: string): number {
  if (!/^[+-]?\d+(\.\d+)?$/.test(text)) throw new FlagError(`'${text}' is no number.`);
  return Number(text);
}

/** Whole or fractional seconds, zero or more. */
function seconds(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new FlagError(`'${text}' is no time; expected seconds, zero or more.`);
  return value;
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function gate(text: string): [string, boolean] {
  const [name = '', value = ''] = text.split('=');
  return [name, truth(value)];
}
