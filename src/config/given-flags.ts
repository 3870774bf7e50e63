import type { RawDocuments } from './config-documents.js';
import type { ConfigFlag, FieldName } from './config-flags.js';
import { isMapping } from './field-kinds.js';

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
  // A section that is no mapping is the file's mistake, and is told as such.
  return isMapping(inner) ? { ...mapping, [name]: withField(inner, rest, value) } : mapping;
}
