import { hostname } from 'node:os';
import { isMapping } from '../model/mapping.js';
import { type Problem, problemText } from '../model/problem.js';
import type { AgentSettings } from './agent-settings.js';
import { type AboutField, checkedDocuments, type DocumentName } from './checked-documents.js';
import type { Documents } from './completed-documents.js';
import { configDocuments, readConfigText } from './config-file.js';
import { CONFIG_FLAGS, type ConfigFlag } from './config-flags.js';
import { type GivenFlag, withFlags } from './given-flags.js';
import { settingsFrom } from './settings-from-documents.js';
import { startWarnings } from './start-warnings.js';

/** Where a configuration comes from. It can be read again when the file has changed. */
interface ConfigurationSource {
  /** Path of `--config`; undefined: flags alone. */
  readonly file: string | undefined;
  readonly flags: readonly GivenFlag[];
  /** Whether fields that kube-proxy's document should not have are wrong, and not passed over with a warning. */
  readonly strict?: boolean;
}

/** What file and flags come to. */
export interface Configuration {
  readonly source: ConfigurationSource;
  readonly settings: AgentSettings;
  /** The same as documents, complete: for `--write-config-to` and /configz. */
  readonly documents: Documents;
  /** Sentences for the log at the start: what was accepted and changes nothing. */
  readonly warnings: readonly string[];
}

/** Rejects with ConfigError, which holds everything that is wrong. */
export async function readConfiguration(source: ConfigurationSource): Promise<Configuration> {
  const text = source.file === undefined ? undefined : await readConfigText(source.file);
  return configurationFrom(source, text, hostname());
}

/** As `readConfiguration`, with the file's text and the machine's name at hand. Throws ConfigError. */
export function configurationFrom(
  source: ConfigurationSource,
  text: string | undefined,
  machine: string,
): Configuration {
  const { file, flags, strict = false } = source;
  const raw = text === undefined ? {} : configDocuments(file ?? '--config', text);
  const ignored = flags.filter(({ flag }) => file !== undefined && flag.besideConfig === 'ignored');
  const counting = flags.filter((given) => !ignored.includes(given));
  const about: AboutField = (document, complaint) => ({
    kind: 'object',
    ...complaint,
    ...origin(file, counting, document, complaint.field),
  });
  const passedOver: Problem[] = [];
  const documents = checkedDocuments(
    withFlags(raw, counting),
    about,
    strict ? undefined : (problem) => passedOver.push(problem),
  );
  return {
    source,
    settings: settingsFrom(documents, machine),
    documents,
    warnings: [...passedOver.map(problemText), ...startWarnings({ file, raw, flags, ignored, documents })],
  };
}

/** Where a field got its value: a flag, or the file. */
function origin(
  file: string | undefined,
  flags: readonly GivenFlag[],
  document: DocumentName,
  field: string | undefined,
): Pick<Problem, 'subject' | 'field'> {
  const path = field?.replace(/\[.*$/, '');
  const given = flags.findLast(({ flag }) => flag.field?.document === document && flag.field.path === path);
  if (given !== undefined) return { subject: 'the command line', field: `--${given.flag.name}` };
  return { subject: file ?? 'the command line' };
}

/**
 * Every flag that stands for a field, with what the field holds in the end, and every other that was given; none is
 * secret.
 */
export function flagsInEffect({ documents, source }: Configuration): Record<string, string> {
  const given = source.flags.map(({ flag, value }) => [flag.name, valueText(value)] as const);
  const fields = CONFIG_FLAGS.flatMap(({ name, field }) =>
    field === undefined ? [] : [[name, valueText(valueAt(field, documents))] as const],
  );
  return Object.fromEntries([...given, ...fields]);
}

function valueAt(
  { document, path }: NonNullable<ConfigFlag['field']>,
  documents: Configuration['documents'],
): unknown {
  let value: unknown = documents[document];
  for (const name of path.split('.')) value = isMapping(value) ? value[name] : undefined;
  return value;
}

// As Go's flags show themselves.
function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `[${value.map(String).join(',')}]`;
  if (!isMapping(value)) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name}=${String(one)}`)
    .join(',');
}
